// Did an answer come while this program was not running?
import { unixSeconds, type Clock } from '../core/clock.ts'
import { inboxFilter } from './inbox.ts'
import type { RelayAnswer } from './query-events.ts'
import type { RelayHub } from './relay-hub.ts'
import { answers } from './request-reply.ts'
import type { Rumor } from './rumor.ts'
import type { Signer } from './signer.ts'
import { MAX_RUMOR_AHEAD_SEC, unwrapGift, type Gift } from './unwrap-gift.ts'

export interface AskedQuestion {
  rumor: Pick<Rumor, 'id' | 'created_at'>
  /** Public key (hex) of who was asked. */
  receiver: string
}

export interface FindRepliesOptions {
  signer: Signer
  relays: readonly string[]
  clock: Clock
  /** 10 s without it. */
  timeoutMs?: number
  signal?: AbortSignal
}

export interface FoundReplies {
  /** Request's rumor id → its answers, oldest first. */
  replies: Map<string, Gift[]>
  /** Which relays were read to the end: "no answer" is only as sure as these. */
  relays: RelayAnswer[]
}

const DEFAULT_TIMEOUT_MS = 10_000

/** Reads our inbox as far back as answers to these questions can lie, however old they are. */
export async function findReplies(
  hub: RelayHub,
  questions: readonly AskedQuestion[],
  options: FindRepliesOptions,
): Promise<FoundReplies> {
  const { signer, clock, relays } = options
  const found = new Map<string, Map<string, Gift>>()
  if (questions.length === 0) return { replies: new Map(), relays: [] }
  // Clocks differ by as much as a rumor may lie ahead.
  const oldest = Math.min(...questions.map(({ rumor }) => rumor.created_at)) - MAX_RUMOR_AHEAD_SEC
  const opening: Promise<void>[] = []

  const open = async (wrap: unknown): Promise<void> => {
    const unwrapped = await unwrapGift(wrap, signer, { clock, maxAgeSec: unixSeconds(clock) - oldest })
    if (!unwrapped.ok) return
    const { gift } = unwrapped
    for (const { rumor, receiver } of questions) {
      if (!answers(gift, rumor.id, receiver)) continue
      const known = found.get(rumor.id) ?? new Map<string, Gift>()
      found.set(rumor.id, known)
      known.set(gift.rumor.id, gift)
    }
  }
  const result = await hub.query(relays, [inboxFilter(signer.publicKey, oldest)], {
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onEvent: (wrap) => opening.push(open(wrap)),
  })
  await Promise.all(opening)
  const replies = new Map([...found].map(([id, gifts]) => [id, [...gifts.values()].toSorted(oldestFirst)]))
  return { replies, relays: result.relays }
}

function oldestFirst(a: Gift, b: Gift): number {
  return a.rumor.created_at - b.rumor.created_at
}
