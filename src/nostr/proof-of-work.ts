// How does a sender prove work on an event (NIP-13), and how much work does an id show?
import { setImmediate } from 'node:timers/promises'
import { eventId, type UnsignedEvent } from './verify-event.ts'

const TRIES_PER_TURN = 2_000

/** Leading zero bits of an event id (NIP-13). */
export function difficultyOf(id: string): number {
  const zeros = /^0*/.exec(id)?.[0].length ?? 0
  const next = Number.parseInt(id[zeros] ?? '0', 16)
  return zeros * 4 + (next === 0 ? 0 : Math.clz32(next) - 28)
}

/** The event with a `nonce` tag whose id shows `bits` of work; yields to the event loop while it searches. Rejects on abort. */
export async function withWork(
  event: UnsignedEvent,
  bits: number,
  signal?: AbortSignal,
): Promise<UnsignedEvent> {
  if (bits <= 0) return event
  for (let nonce = 0; ; nonce += 1) {
    const tried = { ...event, tags: [...event.tags, ['nonce', String(nonce), String(bits)]] }
    if (difficultyOf(eventId(tried)) >= bits) return tried
    if (nonce % TRIES_PER_TURN === TRIES_PER_TURN - 1) {
      signal?.throwIfAborted()
      await setImmediate()
    }
  }
}
