// What becomes of one REQ on one relay: asked, answered, refused, asked again?
import type { Random } from '../core/clock.ts'
import { backOffMs, fraction } from './back-off.ts'
import { RESTRICTED_KINDS, type Filter } from './filter.ts'
import { reasonPrefix } from './relay-frame.ts'
import type { RelayTiming } from './relay-timing.ts'

export interface RequestHandlers {
  /** Evaluated anew at each (re)connect, so that `since` moves with the clock and never with what was seen. */
  makeFilters(): readonly Filter[]
  /** An event as it came: nothing is checked. */
  onEvent(event: unknown): void
  onEose(): void
  /** Refused for now; it is asked again by itself. */
  onRefused(reason: string): void
  onDown(reason: string): void
}

/** What to wait for before asking again: AUTH, or milliseconds. */
export type AfterRefusal = 'auth' | number

const MOST_AUTH_ROUNDS = 3

/** Bookkeeping of one REQ; the connection does the talking. */
export class RelayRequest {
  readonly handlers: RequestHandlers
  /** The subscription id on the wire; undefined while the relay has no open REQ of ours. */
  wireId: string | undefined
  closed = false
  waitsForAuth = false
  /** An EOSE that came while AUTH was under way: the relay may have withheld what it guards. */
  heldEose = false
  /** True from EOSE on; a relay that repeats it is not listened to. */
  isAnswered = false
  retryTimer: NodeJS.Timeout | undefined
  #events = 0
  #authRounds = 0
  #refusals = 0
  #guarded = false

  constructor(handlers: RequestHandlers) {
    this.handlers = handlers
  }

  /** Filters for a new REQ. */
  begin(wireId: string): readonly Filter[] {
    const filters = this.handlers.makeFilters()
    this.wireId = wireId
    this.waitsForAuth = false
    this.heldEose = false
    this.isAnswered = false
    this.#events = 0
    this.#guarded = filters.some(
      (filter) => filter.kinds?.some((kind) => RESTRICTED_KINDS.includes(kind)) ?? true,
    )
    clearTimeout(this.retryTimer)
    return filters
  }

  countEvent(): void {
    this.#events += 1
  }

  answered(): void {
    this.isAnswered = true
    this.#refusals = 0
  }

  /** True where the relay may show more once it knows who we are. */
  get gainsByAuth(): boolean {
    return this.waitsForAuth || this.#guarded || this.#events === 0
  }

  /** What to do after CLOSED, by its prefix. */
  refuse(reason: string, timing: RelayTiming, random: Random): AfterRefusal {
    this.wireId = undefined
    switch (reasonPrefix(reason)) {
      case 'auth-required':
        this.#authRounds += 1
        if (this.#authRounds <= MOST_AUTH_ROUNDS) return 'auth'
        this.#authRounds = 0
        return timing.forbiddenMs
      case 'rate-limited':
        return Math.round(timing.rateLimitedMs * (0.5 + 0.5 * fraction(random)))
      case 'error':
      case 'duplicate':
        this.#refusals += 1
        return backOffMs(this.#refusals, timing.refused, random)
      default:
        return timing.forbiddenMs
    }
  }

  /** The connection is gone, and with it all that the relay knew of us. */
  reset(): void {
    clearTimeout(this.retryTimer)
    this.wireId = undefined
    this.waitsForAuth = false
    this.heldEose = false
    this.#authRounds = 0
  }
}
