// Which relays did not answer just now? They are left alone for minutes: strangers name as many dead ones as they like.
import type { Clock } from '../core/clock.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import type { PublishReport } from '../nostr/publish-event.ts'

const LEFT_ALONE_MS = 5 * 60_000
const MOST_REMEMBERED = 10_000

/** A memory of relays that could not be reached, or took a message and never answered. */
export class OutOfReach {
  readonly #until = new Map<RelayUrl, number>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  has(url: RelayUrl): boolean {
    const until = this.#until.get(url) ?? 0
    if (until > this.#clock.now()) return true
    this.#until.delete(url)
    return false
  }

  /** Learns from what came of a message. */
  learn({ ok, failed }: PublishReport): void {
    for (const url of ok) this.#until.delete(url)
    for (const { url, prefix } of failed) {
      // Once one relay took it the others may just not have answered yet.
      const isDead = prefix === 'down' || (prefix === 'timeout' && ok.length === 0)
      if (!isDead) continue
      if (this.#until.size >= MOST_REMEMBERED) this.#until.clear()
      this.#until.set(url, this.#clock.now() + LEFT_ALONE_MS)
    }
  }
}
