// Is this event from a relay new, asked for and genuine? The cheap questions come first.
import { matchesAnyFilter, type Filter } from './filter.ts'
import { SeenIds } from './seen-ids.ts'
import { parseEvent, verifyEvent, type NostrEvent } from './verify-event.ts'

export type GateAnswer =
  | { state: 'new'; event: NostrEvent }
  | { state: 'known'; event: NostrEvent }
  | { state: 'unwanted' }
  | { state: 'bad' }

export interface EventGate {
  check(value: unknown, filters: readonly Filter[]): GateAnswer
}

/**
 * A gate that lets each event through once. An id counts as known only after its event was verified, so that a relay
 * can't hide an event by sending a forged one with its id first.
 */
export function eventGate(mostIds = 20_000, isHandled?: (id: string) => boolean): EventGate {
  const seen = new SeenIds(mostIds)
  return {
    check(value, filters) {
      const parsed = parseEvent(value)
      if (!parsed.ok) return { state: parsed.fault === 'size' ? 'unwanted' : 'bad' }
      const event = parsed.event
      if (!matchesAnyFilter(filters, event)) return { state: 'unwanted' }
      // The id was recomputed: same id, same content.
      if (seen.has(event.id) || isHandled?.(event.id) === true) return { state: 'known', event }
      if (!verifyEvent(event).ok) return { state: 'bad' }
      seen.add(event.id)
      return { state: 'new', event }
    },
  }
}
