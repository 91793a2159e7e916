// What does the relay answer on one connection (NIP-01, NIP-42)?
import { unixSeconds, type Clock } from '../../core/clock.ts'
import { parseEvent, verifyEvent, type NostrEvent } from '../../nostr/verify-event.ts'
import { parseClientFrame } from './client-frame.ts'
import { isEphemeral, isExpired } from './event-rules.ts'
import { newestFirst, type EventStore } from './event-store.ts'
import { filterMatches, parseFilter, type Filter } from './filter.ts'
import { mayAsk, maySee } from './read-guard.ts'
import type { RelayLimits } from './relay-limits.ts'

export interface SessionOptions {
  /** Undefined where the relay does not ask for AUTH. */
  challenge: string | undefined
  /** The challenge goes out on connect, else with the first refusal. */
  eagerAuth: boolean
  /** The relay's own address as clients write it. */
  url: string
  store: EventStore
  limits: RelayLimits
  clock: Clock
  send(frame: readonly unknown[]): void
  /** An accepted event goes to all connections. */
  broadcast(event: NostrEvent): void
}

const AUTH_KIND = 22242
const AUTH_WINDOW_SEC = 600

export class RelaySession {
  readonly #options: SessionOptions
  readonly #subscriptions = new Map<string, readonly Filter[]>()
  #reader: string | undefined
  #tokens: number
  #filledAt: number

  constructor(options: SessionOptions) {
    this.#options = options
    this.#tokens = options.limits.maxMessagesPerMinute
    this.#filledAt = options.clock.now()
    if (options.challenge !== undefined && options.eagerAuth) options.send(['AUTH', options.challenge])
  }

  receive(text: string): void {
    const frame = parseClientFrame(text)
    if (frame === undefined) return this.#options.send(['NOTICE', 'invalid: not a message of NIP-01'])
    const limited = !this.#takeToken()
    switch (frame.type) {
      case 'EVENT':
        return this.#ok(frame.event, limited ? 'rate-limited: slow down' : this.#publish(frame.event))
      case 'AUTH':
        return this.#ok(frame.event, limited ? 'rate-limited: slow down' : this.#authenticate(frame.event))
      case 'CLOSE':
        this.#subscriptions.delete(frame.subscription)
        return
      case 'REQ': {
        const refusal = limited
          ? 'rate-limited: slow down'
          : this.#subscribe(frame.subscription, frame.filters)
        if (refusal !== undefined) this.#options.send(['CLOSED', frame.subscription.slice(0, 64), refusal])
      }
    }
  }

  /** A new event of any connection. */
  offer(event: NostrEvent): void {
    if (this.#options.challenge !== undefined && !maySee(event, this.#reader)) return
    for (const [subscription, filters] of this.#subscriptions) {
      if (filters.some((filter) => filterMatches(filter, event)))
        this.#options.send(['EVENT', subscription, event])
    }
  }

  /** The text of the OK: empty or `duplicate:` where accepted, else why not. */
  #publish(value: unknown): string {
    const { store, clock, limits } = this.#options
    const now = unixSeconds(clock)
    const parsed = parseEvent(value)
    if (!parsed.ok) return `invalid: the event's ${parsed.fault} is wrong`
    const event = parsed.event
    if (event.created_at > now + limits.maxFutureSec) return 'invalid: the event is dated in the future'
    if (isExpired(event, now)) return 'invalid: the event has expired'
    if (event.kind === AUTH_KIND) return 'invalid: kind 22242 belongs into an AUTH message'
    if (!verifyEvent(event).ok) return 'invalid: the signature is wrong'
    if (!isEphemeral(event.kind)) {
      const outcome = store.save(event, now)
      if (outcome === 'duplicate') return 'duplicate: already have this event'
      if (outcome === 'superseded') return 'duplicate: a newer version is stored'
      if (outcome === 'deleted') return 'blocked: the event was deleted'
    }
    this.#options.broadcast(event)
    return ''
  }

  #ok(value: unknown, reason: string): void {
    const id = idOf(value)
    if (id === undefined) this.#options.send(['NOTICE', reason])
    else this.#options.send(['OK', id, reason === '' || reason.startsWith('duplicate:'), reason])
  }

  #subscribe(subscription: string, values: readonly unknown[]): string | undefined {
    const { limits, challenge, send } = this.#options
    if (subscription.length > limits.maxSubscriptionIdLength)
      return 'invalid: the subscription id is too long'
    if (values.length === 0 || values.length > limits.maxFilters) return 'invalid: wrong number of filters'
    if (!this.#subscriptions.has(subscription) && this.#subscriptions.size >= limits.maxSubscriptions)
      return 'rate-limited: too many subscriptions'
    const filters = values.map(parseFilter).filter((filter) => filter !== undefined)
    if (filters.length < values.length) return 'invalid: a filter has a wrong shape'
    if (challenge !== undefined) {
      const verdict = mayAsk(filters, this.#reader)
      if (!verdict.allowed) {
        // Clients that missed the first challenge get it again with the refusal.
        if (this.#reader === undefined) send(['AUTH', challenge])
        this.#subscriptions.delete(subscription)
        return verdict.reason
      }
    }
    this.#subscriptions.set(subscription, filters)
    for (const event of this.#stored(filters)) send(['EVENT', subscription, event])
    send(['EOSE', subscription])
    return undefined
  }

  #stored(filters: readonly Filter[]): NostrEvent[] {
    const { store, limits, clock, challenge } = this.#options
    const now = unixSeconds(clock)
    const found = new Map<string, NostrEvent>()
    for (const filter of filters) {
      const limit = Math.min(filter.limit ?? limits.maxLimit, limits.maxLimit)
      for (const event of store.query(filter, limit, now)) {
        if (challenge === undefined || maySee(event, this.#reader)) found.set(event.id, event)
      }
    }
    return [...found.values()].toSorted(newestFirst)
  }

  #authenticate(value: unknown): string {
    const { challenge, url, clock } = this.#options
    if (challenge === undefined) return 'error: this relay asks for no AUTH'
    const verdict = verifyEvent(value)
    if (!verdict.ok || verdict.event.kind !== AUTH_KIND) return 'invalid: not an AUTH event'
    const { event } = verdict
    const tag = (name: string) => event.tags.find(([key]) => key === name)?.[1]
    if (tag('challenge') !== challenge) return 'invalid: another challenge'
    if (!sameRelay(tag('relay'), url)) return 'invalid: another relay'
    if (Math.abs(event.created_at - unixSeconds(clock)) > AUTH_WINDOW_SEC)
      return 'invalid: the AUTH event is too old'
    this.#reader = event.pubkey
    return ''
  }

  #takeToken(): boolean {
    const { limits, clock } = this.#options
    const now = clock.now()
    const perMinute = limits.maxMessagesPerMinute
    this.#tokens = Math.min(
      perMinute,
      this.#tokens + (Math.max(0, now - this.#filledAt) * perMinute) / 60_000,
    )
    this.#filledAt = now
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}

function sameRelay(claimed: string | undefined, own: string): boolean {
  return claimed !== undefined && URL.canParse(claimed) && new URL(claimed).host === new URL(own).host
}

function idOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('id' in value)) return undefined
  return typeof value.id === 'string' && value.id.length <= 64 ? value.id : undefined
}
