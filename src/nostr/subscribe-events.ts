// How do we hear of every event on many relays, once each, for as long as we want?
import type { RelayUrl } from '../core/relay-url.ts'
import { eventGate } from './event-gate.ts'
import { groupByRestriction, type Filter } from './filter.ts'
import { fetchOlder } from './fetch-older.ts'
import type { RelayConnection } from './relay-connection.ts'
import type { Connect } from './relay-connection.ts'
import { StoredSpan } from './stored-span.ts'
import type { NostrEvent } from './verify-event.ts'

/** `live`: the stored events are through; `refused`: not served on this connection. */
export type SubscriptionState = 'live' | 'down' | 'refused'

export interface SubscriptionHandlers {
  /** A verified event that matches the filters; `url` is the first relay that had it. */
  onEvent(event: NostrEvent, url: RelayUrl): void
  /** The relay has sent all that it had stored. */
  onEose?(url: RelayUrl): void
  onState?(url: RelayUrl, state: SubscriptionState, reason?: string): void
  /** Ids that need no second look, known from earlier runs. */
  isHandled?(id: string): boolean
}

export interface Subscription {
  close(): void
}

/** Opens the subscription on all relays; filters with restricted kinds get a REQ of their own. */
export function subscribeEvents(
  connect: Connect,
  relays: readonly RelayUrl[],
  makeFilters: () => readonly Filter[],
  handlers: SubscriptionHandlers,
): Subscription {
  const gate = eventGate(20_000, handlers.isHandled?.bind(handlers))
  const stops: (() => void)[] = []
  const groups = groupByRestriction(makeFilters()).length
  for (const url of relays) {
    const connection = connect(url)
    const eose = countdown(groups, () => handlers.onEose?.(url))
    for (let group = 0; group < groups; group += 1) {
      stops.push(
        follow(connection, () => groupByRestriction(makeFilters())[group] ?? [], gate, handlers, eose),
      )
    }
  }
  return { close: () => stops.forEach((stop) => stop()) }
}

function follow(
  connection: RelayConnection,
  makeFilters: () => readonly Filter[],
  gate: ReturnType<typeof eventGate>,
  handlers: SubscriptionHandlers,
  eose: () => void,
): () => void {
  const { url } = connection
  let wanted: readonly Filter[] = []
  let stopOlder = () => {}
  // Only the stored part of an answer is counted: the live part goes on for months.
  let stored: StoredSpan | undefined
  const take = (value: unknown, filters: readonly Filter[], page?: StoredSpan): void => {
    const answer = gate.check(value, filters)
    if (answer.state === 'bad') connection.reportBadEvent()
    if (answer.state !== 'new' && answer.state !== 'known') return
    page?.add(answer.event)
    if (answer.state === 'new') handlers.onEvent(answer.event, url)
  }
  const stopRequest = connection.request({
    makeFilters: () => {
      stopOlder()
      wanted = makeFilters()
      stored = new StoredSpan(wanted)
      return wanted
    },
    onEvent: (value) => take(value, wanted, stored),
    onEose: () => {
      const first = stored
      stored = undefined
      handlers.onState?.(url, 'live')
      if (first !== undefined) stopOlder = fetchOlder(connection, first, take, eose)
    },
    onRefused: (reason) => handlers.onState?.(url, 'refused', reason),
    onDown: (reason) => handlers.onState?.(url, 'down', reason),
  })
  return () => {
    stopOlder()
    stopRequest()
  }
}

/** Calls `done` at the first round of `count` calls; later rounds (reconnects) again at their last call. */
function countdown(count: number, done: () => void): () => void {
  let left = count
  return () => {
    left -= 1
    if (left > 0) return
    left = count
    done()
  }
}
