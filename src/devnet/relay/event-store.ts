// Where does the relay keep its events? An interface, and the implementation in memory.
import type { NostrEvent } from '../../nostr/verify-event.ts'
import { addressOf, deletionsOf, isExpired, type Deletion } from './event-rules.ts'
import { filterMatches, type Filter } from './filter.ts'

export type SaveOutcome = 'stored' | 'duplicate' | 'superseded' | 'deleted'

/** Keeps verified, storable events and answers filters; all times in Unix seconds. */
export interface EventStore {
  /** Stores an event by the rules of NIP-01 (replacement) and NIP-09 (deletion requests are events too). */
  save(event: NostrEvent, nowSec: number): SaveOutcome
  /** The newest `limit` unexpired events of one filter, newest first, equal times by lowest id. */
  query(filter: Filter, limit: number, nowSec: number): NostrEvent[]
}

/** An EventStore that forgets everything at the end of the process, and its oldest events beyond `mostEvents`. */
export function memoryEventStore(mostEvents = 100_000): EventStore {
  const byId = new Map<string, NostrEvent>()
  const byAddress = new Map<string, NostrEvent>()
  const deletions = new Map<string, Deletion>()

  const remove = (event: NostrEvent): void => {
    byId.delete(event.id)
    const address = addressOf(event)
    if (address !== undefined && byAddress.get(address) === event) byAddress.delete(address)
  }
  const applyDeletions = (event: NostrEvent): void => {
    for (const deletion of deletionsOf(event)) {
      deletions.set(`${deletion.author}:${deletion.target}`, deletion)
      const target = byId.get(deletion.target) ?? byAddress.get(deletion.target)
      if (target !== undefined && isDeletedBy(target, deletion)) remove(target)
    }
  }

  return {
    save(event, nowSec) {
      if (byId.has(event.id)) return 'duplicate'
      const address = addressOf(event)
      for (const target of [event.id, address]) {
        if (target === undefined) continue
        const found = mayDelete(event).map((author) => deletions.get(`${author}:${target}`))
        if (found.some((deletion) => deletion !== undefined && isDeletedBy(event, deletion))) return 'deleted'
      }
      const current = address === undefined ? undefined : byAddress.get(address)
      if (current !== undefined) {
        if (!isNewer(event, current)) return 'superseded'
        remove(current)
      }
      byId.set(event.id, event)
      if (address !== undefined) byAddress.set(address, event)
      applyDeletions(event)
      const [oldest] = byId.values()
      if (byId.size > mostEvents && oldest !== undefined) remove(oldest)
      for (const stored of expiredSample(byId, nowSec)) remove(stored)
      return 'stored'
    },
    query(filter, limit, nowSec) {
      const candidates = filter.ids === undefined ? byId.values() : pick(byId, filter.ids)
      return [...candidates]
        .filter((event) => filterMatches(filter, event) && !isExpired(event, nowSec))
        .toSorted(newestFirst)
        .slice(0, limit)
    },
  }
}

/** Order of answers: newest first, equal times by lowest id (NIP-01). */
export function newestFirst(a: NostrEvent, b: NostrEvent): number {
  return b.created_at - a.created_at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}

/** True where `event` takes the place of `current` at the same address. */
export function isNewer(event: NostrEvent, current: NostrEvent): boolean {
  return newestFirst(event, current) < 0
}

/** True where the deletion covers this event: its author's, or its receiver's for a gift wrap (NIP-59). */
export function isDeletedBy(event: NostrEvent, deletion: Deletion): boolean {
  if (event.kind === 5 || event.created_at > deletion.until) return false
  return mayDelete(event).includes(deletion.author)
}

/** Who may delete an event: its author, and the receiver of a gift wrap, whose author is a throw-away key (NIP-59). */
export function mayDelete(event: NostrEvent): string[] {
  if (event.kind !== 1059) return [event.pubkey]
  return [
    event.pubkey,
    ...event.tags.flatMap(([name, value]) => (name === 'p' && value !== undefined ? [value] : [])),
  ]
}

function pick(byId: Map<string, NostrEvent>, ids: readonly string[]): NostrEvent[] {
  return [...new Set(ids)].flatMap((id) => byId.get(id) ?? [])
}

/** Expired events among the oldest few: each save sweeps a little. */
function expiredSample(byId: Map<string, NostrEvent>, nowSec: number): NostrEvent[] {
  const sample: NostrEvent[] = []
  for (const event of byId.values()) {
    if (sample.length >= 20) break
    sample.push(event)
  }
  return sample.filter((event) => isExpired(event, nowSec))
}
