// Which events does a NIP-01 filter ask for?
import type { NostrEvent } from './verify-event.ts'

/** A NIP-01 filter; `since` and `until` are Unix seconds, both inclusive. */
export interface Filter {
  readonly ids?: readonly string[]
  readonly authors?: readonly string[]
  readonly kinds?: readonly number[]
  readonly since?: number
  readonly until?: number
  readonly limit?: number
  readonly [tag: `#${string}`]: readonly string[]
}

/** Kinds that relays with NIP-42 show to their author or receiver only. */
export const RESTRICTED_KINDS: readonly number[] = [4, 1059, 21059]

/** True where the event matches the filter (`limit` is no condition on one event). */
export function matchesFilter(filter: Filter, event: NostrEvent): boolean {
  if (filter.ids !== undefined && !filter.ids.includes(event.id)) return false
  if (filter.kinds !== undefined && !filter.kinds.includes(event.kind)) return false
  if (filter.authors !== undefined && !filter.authors.includes(event.pubkey)) return false
  if (filter.since !== undefined && event.created_at < filter.since) return false
  if (filter.until !== undefined && event.created_at > filter.until) return false
  return tagConditions(filter).every(([name, values]) =>
    event.tags.some(([tag, value]) => tag === name && value !== undefined && values.includes(value)),
  )
}

/** True where one of the filters matches. */
export function matchesAnyFilter(filters: readonly Filter[], event: NostrEvent): boolean {
  return filters.some((filter) => matchesFilter(filter, event))
}

/** The `#x` conditions of a filter as pairs of tag name and values. */
function tagConditions(filter: Filter): [name: string, values: readonly string[]][] {
  return Object.entries(filter).flatMap(([key, values]) =>
    key.startsWith('#') && Array.isArray(values) ? [[key.slice(1), values] satisfies [string, unknown]] : [],
  )
}

/**
 * The filters in groups, one REQ each: restricted kinds get a REQ of their own, since relays answer a mixed one
 * by leaving the restricted events out without a word.
 */
export function groupByRestriction(filters: readonly Filter[]): Filter[][] {
  const open: Filter[] = []
  const restricted: Filter[] = []
  for (const filter of filters) {
    const kinds = filter.kinds
    if (kinds === undefined) {
      open.push(filter)
      continue
    }
    const guarded = kinds.filter((kind) => RESTRICTED_KINDS.includes(kind))
    const free = kinds.filter((kind) => !RESTRICTED_KINDS.includes(kind))
    if (guarded.length > 0) restricted.push({ ...filter, kinds: guarded })
    if (free.length > 0 || guarded.length === 0) open.push({ ...filter, kinds: free })
  }
  return [restricted, open].filter((group) => group.length > 0)
}
