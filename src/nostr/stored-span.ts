// How far back does a relay's answer to these filters reach, and may there be more below it?
import { matchesFilter, type Filter } from './filter.ts'
import type { NostrEvent } from './verify-event.ts'

// No relay in use answers with fewer than this while it has more.
const SMALLEST_CAP = 50

interface Reach {
  filter: Filter
  count: number
  fresh: number
  oldest: number
}

/** Counts the events of one answer per filter, since a relay's cap applies to each filter. */
export class StoredSpan {
  readonly filters: readonly Filter[]
  readonly #reaches: Reach[]
  readonly #ids = new Set<string>()

  constructor(filters: readonly Filter[], known?: StoredSpan) {
    this.filters = filters
    this.#reaches = filters.map((filter) => ({ filter, count: 0, fresh: 0, oldest: Infinity }))
    if (known !== undefined) this.#ids = known.#ids
  }

  add(event: NostrEvent): void {
    const fresh = !this.#ids.has(event.id)
    this.#ids.add(event.id)
    for (const reach of this.#reaches) {
      if (!matchesFilter(reach.filter, event)) continue
      reach.count += 1
      if (fresh) reach.fresh += 1
      reach.oldest = Math.min(reach.oldest, event.created_at)
    }
  }

  /** The next, older page: filters whose answer may have been cut off. Undefined where there is none. */
  older(): StoredSpan | undefined {
    const filters = this.#reaches.flatMap(({ filter, count, fresh, oldest }): Filter[] => {
      const askedFor = filter.limit ?? Infinity
      if (count < SMALLEST_CAP || count >= askedFor) return []
      // Several events may share the oldest second; a page of nothing new steps below it.
      const until = fresh > 0 ? oldest : oldest - 1
      if (until < (filter.since ?? 0)) return []
      return [{ ...filter, until, ...(filter.limit === undefined ? {} : { limit: filter.limit - count }) }]
    })
    return filters.length === 0 ? undefined : new StoredSpan(filters, this)
  }
}
