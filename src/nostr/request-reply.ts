// How do we ask somebody a question by gift wrap and hear the answer, over relays that fail?
import { pause } from '../core/pause.ts'
import type { Clock, Random } from '../core/clock.ts'
import { backOffMs, type BackOffRange } from './back-off.ts'
import { wrapRumor } from './gift-wrap.ts'
import { openInbox } from './inbox.ts'
import type { PublishFailure, PublishReport } from './publish-event.ts'
import type { RelayHub } from './relay-hub.ts'
import { tagValues, type Rumor } from './rumor.ts'
import type { Signer } from './signer.ts'
import type { Gift } from './unwrap-gift.ts'
import type { NostrEvent } from './verify-event.ts'

/** Which request each wrap of our inbox answers, known from earlier: what is in a wrap never changes. */
export interface WrapMemory {
  /** The rumor id that this wrap answers, empty for none; undefined where nobody knows. */
  answeredBy(wrapId: string): string | undefined
  note(wrapId: string, answers: string): void
}

export interface RequestOptions {
  signer: Signer
  /** Public key (hex) of who is asked; only they can answer. */
  receiver: string
  /** The request, from `createRumor`: journal it first, then any later call may send it again. */
  rumor: Rumor
  /** Where the receiver listens. */
  relays: readonly string[]
  /** Where the answer is awaited; the same relays without it. */
  replyRelays?: readonly string[]
  clock: Clock
  random: Random
  timeoutMs: number
  signal?: AbortSignal
  /** Leading zero bits that the receiver wants on each wrap (NIP-13). */
  minPow?: number
  /** Waits between sendings of the same rumor in a fresh wrap. */
  resend?: BackOffRange
  /** Relays send the answers to all requests of two days: those known to be to others are not opened. */
  opened?: WrapMemory | undefined
  /** After each sending. */
  onPublished?(report: PublishReport): void
  /** Answers to pass over, for instance one that says "later". All are accepted without it. */
  accept?(reply: Gift): boolean
}

/** `unsent`: no relay was ever given the request, so nobody can have read it. */
export type RequestOutcome =
  | { state: 'answered'; reply: Gift }
  | { state: 'silent'; acceptedBy: string[]; failed: PublishFailure[] }
  | { state: 'unsent'; failed: PublishFailure[] }

const RESEND: BackOffRange = { firstMs: 8_000, maxMs: 60_000 }
const PUBLISH_MS = 10_000
const RUMOR_ID = /^[0-9a-f]{64}$/

/**
 * Sends the request until an answer, the time-out or the signal. Rejects only where signing fails,
 * `accept` throws or a relay address is none.
 */
export async function requestReply(hub: RelayHub, options: RequestOptions): Promise<RequestOutcome> {
  const { rumor, receiver, signer, clock, accept, opened } = options
  const answered = Promise.withResolvers<Gift>()
  const end = new AbortController()
  const inbox = openInbox(hub, {
    signer,
    relays: options.replyRelays ?? options.relays,
    clock,
    isHandled: (wrapId) => (opened?.answeredBy(wrapId) ?? rumor.id) !== rumor.id,
    onGift: (gift) => {
      noteOpened(opened, gift)
      if (!answers(gift, rumor.id, receiver)) return
      try {
        if (accept === undefined || accept(gift)) answered.resolve(gift)
      } catch (error) {
        answered.reject(error)
      }
    },
  })
  const sent = new Sendings()
  const until = AbortSignal.any([end.signal, ...(options.signal === undefined ? [] : [options.signal])])
  const sending = keepSending(hub, options, sent, until)
  try {
    const reply = await Promise.race([answered.promise, sending, endOf(options.timeoutMs, until)])
    if (reply !== undefined) return { state: 'answered', reply }
  } finally {
    end.abort()
    inbox.close()
  }
  // Only when the last sending is over is it known whether a relay was given the request.
  await sending
  return sent.outcome()
}

function noteOpened(opened: WrapMemory | undefined, { wrapId, rumor }: Gift): void {
  const [answered = '', ...more] = tagValues(rumor, 'e')
  // Whoever names several is looked at each time. What is no id answers nothing, and may be long: it is not kept.
  if (more.length === 0) opened?.note(wrapId, RUMOR_ID.test(answered) ? answered : '')
}

/** True where the gift is an answer of `sender` to that rumor. */
export function answers(gift: Gift, rumorId: string, sender: string): boolean {
  return gift.sender === sender && tagValues(gift.rumor, 'e').includes(rumorId)
}

async function keepSending(
  hub: RelayHub,
  options: RequestOptions,
  sent: Sendings,
  until: AbortSignal,
): Promise<undefined> {
  const { relays, random } = options
  const range = options.resend ?? RESEND
  for (let round = 1; !until.aborted; round += 1) {
    const wrap = await freshWrap(options, until)
    if (wrap === undefined) return undefined
    const report = await hub.publish(wrap, relays, {
      timeoutMs: Math.min(PUBLISH_MS, options.timeoutMs),
      // The other relays go on in the background, but not past the end of this request.
      signal: until,
      onOk: (url) => sent.accepted(url),
    })
    sent.add(report)
    options.onPublished?.(report)
    await pause(backOffMs(round, range, random), until)
  }
  return undefined
}

/** Undefined where the end of the request came while work was being proved. */
async function freshWrap(options: RequestOptions, until: AbortSignal): Promise<NostrEvent | undefined> {
  const { rumor, signer, receiver, clock, random, minPow } = options
  try {
    return await wrapRumor(rumor, signer, receiver, {
      clock,
      random,
      signal: until,
      ...(minPow === undefined ? {} : { minPow }),
    })
  } catch (error) {
    if (until.aborted) return undefined
    throw error
  }
}

class Sendings {
  readonly #acceptedBy = new Set<string>()
  #left = false
  #failed: PublishFailure[] = []

  accepted(url: string): void {
    this.#acceptedBy.add(url)
  }

  add(report: PublishReport): void {
    this.#left ||= report.ok.length > 0 || report.failed.some((failure) => failure.sent)
    this.#failed = report.failed
  }

  outcome(): RequestOutcome {
    const failed = this.#failed.filter(({ url }) => !this.#acceptedBy.has(url))
    if (!this.#left && this.#acceptedBy.size === 0) return { state: 'unsent', failed }
    return { state: 'silent', acceptedBy: [...this.#acceptedBy], failed }
  }
}

/** Resolves at the time-out or the signal, whichever is first. */
async function endOf(ms: number, signal: AbortSignal): Promise<undefined> {
  await pause(ms, signal)
  return undefined
}
