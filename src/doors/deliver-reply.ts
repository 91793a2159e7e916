// How does a reply reach its reader, whatever relays a stranger asks us to use?
import { createHash } from 'node:crypto'
import { unixSeconds } from '../core/clock.ts'
import { pause } from '../core/pause.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import { wrapRumor } from '../nostr/gift-wrap.ts'
import { inboxRelays } from '../nostr/inbox-relays.ts'
import type { PublishReport } from '../nostr/publish-event.ts'
import { createRumor } from '../nostr/rumor.ts'
import type { NostrEvent } from '../nostr/verify-event.ts'
import type { Delivery } from '../provider/ports.ts'
import type { GiftWrapAddress } from './gift-wrap-address.ts'
import type { GiftWrapDoorOptions } from './gift-wrap-options.ts'
import { OutOfReach } from './out-of-reach.ts'
import { visitRule } from './visit-rule.ts'

const PUBLISH_MS = 10_000
/** After this a reply is also put where its request came from. */
const PATIENCE_MS = 2_000
const MOST_REPLY_RELAYS = 4
const MOST_REMEMBERED = 10_000
/** Relays need not keep a reply longer than this, in seconds: buyers look back that far after a refund. */
const REPLY_KEPT_SEC = 30 * 24 * 60 * 60

/** What sends replies; it remembers what it learned of relays and readers. */
export function replySender(
  options: GiftWrapDoorOptions,
): (address: GiftWrapAddress, content: string) => Promise<Delivery> {
  const { hub, relays, clock, log } = options
  const outOfReach = new OutOfReach(clock)
  // Replies that already lie where their requests came from: trying their readers' relays on must not put them there each time.
  const elsewhere = new Set<string>()

  /** Puts it at these relays; true as soon as one took it. */
  const visit = async (wrap: NostrEvent, urls: readonly RelayUrl[]): Promise<boolean> => {
    const ours = urls.filter((url) => relays.includes(url))
    const theirs = urls.filter((url) => !relays.includes(url) && !outOfReach.has(url))
    const reports = [
      hub.publish(wrap, ours, { timeoutMs: PUBLISH_MS }),
      options.visitors.publish(wrap, theirs, { timeoutMs: PUBLISH_MS, once: true }).then((report) => {
        outOfReach.learn(report)
        return report
      }),
    ]
    const isTaken = await anyTook(reports)
    if (!isTaken) log.warn({ relays: urls, reasons: await reasonsOf(reports) }, 'no relay took a reply')
    return isTaken
  }

  return async (address, content) => {
    const wrap = await wrapReply(options, address, content)
    const targets = await relaysFor(options, address)
    const visiting = visit(wrap, targets)
    const name = createHash('sha256').update(`${address.requestId} ${content}`).digest('hex')
    if (elsewhere.has(name)) return (await visiting) ? 'delivered' : 'elsewhere'
    if (await within(PATIENCE_MS, visiting)) return 'delivered'
    // The buyer chose those, and a relay can keep what it never says it took: here nobody can deny that the reply is to be had.
    const ours = [...new Set([address.from, ...relays])].filter((url) => !targets.includes(url))
    const [isTaken, { ok }] = await Promise.all([
      visiting,
      hub.publish(wrap, ours, { timeoutMs: PUBLISH_MS }),
    ])
    if (isTaken) return 'delivered'
    if (ok.length === 0) return 'undelivered'
    if (elsewhere.size >= MOST_REMEMBERED) elsewhere.clear()
    elsewhere.add(name)
    return 'elsewhere'
  }
}

async function wrapReply(
  { signer, clock, random }: GiftWrapDoorOptions,
  address: GiftWrapAddress,
  content: string,
): Promise<NostrEvent> {
  const now = unixSeconds(clock)
  const rumor = createRumor({
    sender: signer.publicKey,
    receiver: address.to,
    content,
    createdAt: now,
    replyTo: address.requestId,
  })
  return wrapRumor(rumor, signer, address.to, { clock, random, expiresAt: now + REPLY_KEPT_SEC })
}

/** The request's reply relays, else the sender's own list (kind 10050), else where the request came from. */
async function relaysFor(options: GiftWrapDoorOptions, address: GiftWrapAddress): Promise<RelayUrl[]> {
  const rule = visitRule(options.relays, options)
  const allowed = (urls: readonly RelayUrl[]): RelayUrl[] =>
    urls.filter(rule.mayVisit).slice(0, MOST_REPLY_RELAYS)
  const asked = allowed(address.replyRelays)
  if (asked.length > 0) return asked
  const published = allowed(await inboxRelays(options.hub, address.to, options.relays))
  return published.length > 0 ? published : [address.from]
}

async function anyTook(reports: readonly Promise<PublishReport>[]): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const each = reports.map(async (report) => {
      if ((await report).ok.length > 0) resolve(true)
    })
    Promise.all(each).then(() => resolve(false), reject)
  })
}

async function reasonsOf(reports: readonly Promise<PublishReport>[]): Promise<string[]> {
  const failures = (await Promise.all(reports)).flatMap(({ failed }) => failed)
  return failures.map(({ url, reason }) => `${url}: ${reason}`)
}

/** True where it came true in that time. */
async function within(ms: number, what: Promise<boolean>): Promise<boolean> {
  const rest = new AbortController()
  const came = await Promise.race([what, pause(ms, rest.signal).then(() => false)])
  rest.abort()
  return came
}
