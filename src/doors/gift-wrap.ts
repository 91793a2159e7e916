// How do requests come in by gift wrap, and how do their replies go out (NIP-17)?
import { createHash } from 'node:crypto'
import { unixSeconds, type Clock, type Random } from '../core/clock.ts'
import { toPaygressError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import { wrapRumor } from '../nostr/gift-wrap.ts'
import { openInbox } from '../nostr/inbox.ts'
import { inboxRelays } from '../nostr/inbox-relays.ts'
import { difficultyOf } from '../nostr/proof-of-work.ts'
import type { RelayHub } from '../nostr/relay-hub.ts'
import { createRumor } from '../nostr/rumor.ts'
import type { Signer } from '../nostr/signer.ts'
import type { Gift } from '../nostr/unwrap-gift.ts'
import { parseRequest } from '../protocol/request.ts'
import type { Delivery, Door, Incoming } from '../provider/ports.ts'
import { readAddress, writeAddress, type GiftWrapAddress } from './gift-wrap-address.ts'
import { visitRule } from './visit-rule.ts'

const GIFT_WRAP_DOOR = 'gift-wrap'

/** Wraps that were dealt with, over restarts: relays send those of the last days again. */
export interface HandledWraps {
  has(wrapId: string): boolean
  add(wrapId: string): void
}

export interface GiftWrapDoorOptions {
  /** Its `eventsPerMinute` is the limit per relay. */
  hub: RelayHub
  signer: Signer
  /** Where we read. */
  relays: readonly RelayUrl[]
  handled: HandledWraps
  clock: Clock
  random: Random
  log: Log
  /** Leading zero bits that a wrap must show (NIP-13). */
  minPow: number
  /** Never speak to a relay that is not on this machine, whatever a request asks. */
  loopbackOnly: boolean
}

const PUBLISH_MS = 10_000
const MOST_REPLY_RELAYS = 4
const MOST_REMEMBERED = 10_000
/** Relays need not keep a reply longer than this, in seconds: buyers look back that far after a refund. */
const REPLY_KEPT_SEC = 30 * 24 * 60 * 60

/** The door for requests of kind 14 in gift wraps. */
export function giftWrapDoor(options: GiftWrapDoorOptions): Door {
  const { hub, signer, relays, handled, clock, log, minPow } = options
  let close = (): void => undefined
  // Replies that already lie where their requests came from: trying their readers' relays on must not put them there each time.
  const elsewhere = new Set<string>()

  const receive = async (gift: Gift, url: RelayUrl, take: Take): Promise<void> => {
    if (gift.sender === signer.publicKey || difficultyOf(gift.wrapId) < minPow) return
    try {
      await take(readGift(gift, url))
      handled.add(gift.wrapId)
    } catch (error) {
      const { code, message } = toPaygressError(error)
      const fields = { wrap: gift.wrapId, error: message }
      // A daemon that stops leaves the rest to the next one.
      if (code === 'interrupted') log.debug(fields, 'a message is left for the next start')
      else log.error(fields, 'a message could not be handled')
    }
  }

  return {
    name: GIFT_WRAP_DOOR,
    open: async (take) => {
      const inbox = openInbox(hub, {
        signer,
        relays,
        clock,
        isHandled: (wrapId) => handled.has(wrapId),
        onGift: (gift, url) => void receive(gift, url, take),
        onFault: (fault, wrapId, url) =>
          log.debug({ wrap: wrapId, relay: url, fault }, 'a wrap is no message to us'),
        onState: (url, state, reason) => log.info({ relay: url, state, reason }, 'relay'),
      })
      close = () => inbox.close()
    },
    close: async () => close(),
    deliver: async (text, content) => deliver(options, readAddress(text), content, elsewhere),
  }
}

type Take = (request: Incoming) => Promise<void>

function readGift(gift: Gift, url: RelayUrl): Incoming {
  const { sender, rumor } = gift
  const parsed = parseRequest(rumor.content)
  const replyRelays = parsed.ok ? (parsed.request.message.reply_relays ?? []) : []
  const address = { to: sender, requestId: rumor.id, replyRelays, from: url }
  return {
    door: GIFT_WRAP_DOOR,
    sender,
    parsed,
    requestedAt: rumor.created_at,
    address: writeAddress(address),
  }
}

async function deliver(
  options: GiftWrapDoorOptions,
  address: GiftWrapAddress,
  content: string,
  elsewhere: Set<string>,
): Promise<Delivery> {
  const { hub, signer, relays, clock, random, log } = options
  const now = unixSeconds(clock)
  const rumor = createRumor({
    sender: signer.publicKey,
    receiver: address.to,
    content,
    createdAt: now,
    replyTo: address.requestId,
  })
  const expiresAt = now + REPLY_KEPT_SEC
  const wrap = await wrapRumor(rumor, signer, address.to, { clock, random, expiresAt })
  const targets = await relaysFor(options, address)
  const { ok, failed } = await hub.publish(wrap, targets, { timeoutMs: PUBLISH_MS })
  if (ok.length > 0) return 'delivered'
  const reasons = failed.map(({ url, reason }) => `${url}: ${reason}`)
  log.warn({ relays: targets, reasons }, 'no relay took a reply')
  // The buyer chose those, and a relay can keep what it never says it took: here nobody can deny that the reply is to be had.
  const name = createHash('sha256').update(`${address.requestId} ${content}`).digest('hex')
  if (elsewhere.has(name)) return 'elsewhere'
  const ours = [...new Set([address.from, ...relays])].filter((url) => !targets.includes(url))
  const second = await hub.publish(wrap, ours, { timeoutMs: PUBLISH_MS })
  if (second.ok.length === 0) return 'undelivered'
  if (elsewhere.size >= MOST_REMEMBERED) elsewhere.clear()
  elsewhere.add(name)
  return 'elsewhere'
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
