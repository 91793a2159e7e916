// Does this sender ask too often?
import type { Clock } from '../core/clock.ts'

/** `far` is twice over the limit: not even worth an answer. */
export type RateVerdict = 'ok' | 'over' | 'far'

const MOST_SENDERS = 10_000
const MINUTE_MS = 60_000

/** A bucket per name that fills again over a minute. Forgets everybody when more names than memory allows come by. */
export class RateLimit {
  readonly #buckets = new Map<string, { used: number; at: number }>()
  readonly #perMinute: number
  readonly #clock: Clock

  constructor(perMinute: number, clock: Clock) {
    this.#perMinute = perMinute
    this.#clock = clock
  }

  /** Counts one request. */
  take(name: string): RateVerdict {
    const now = this.#clock.now()
    const bucket = this.#buckets.get(name)
    const drained = bucket === undefined ? 0 : (Math.max(0, now - bucket.at) / MINUTE_MS) * this.#perMinute
    const used = Math.max(0, (bucket?.used ?? 0) - drained) + 1
    if (bucket === undefined && this.#buckets.size >= MOST_SENDERS) this.#buckets.clear()
    // What is far over is not counted on, so that a quiet minute always helps.
    this.#buckets.set(name, { used: Math.min(used, 2 * this.#perMinute + 1), at: now })
    if (used <= this.#perMinute) return 'ok'
    return used <= 2 * this.#perMinute ? 'over' : 'far'
  }
}
