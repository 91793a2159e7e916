// How do we get the stored events that did not fit into a relay's first answer?
import type { Filter } from './filter.ts'
import type { RelayConnection } from './relay-connection.ts'
import type { StoredSpan } from './stored-span.ts'

// A relay that invents events could otherwise keep us paging for ever.
const MOST_PAGES = 200

/** Pages backwards by `until` until nothing is left, then calls `done`; returns how to stop it. */
export function fetchOlder(
  connection: RelayConnection,
  first: StoredSpan,
  take: (event: unknown, filters: readonly Filter[], page: StoredSpan) => void,
  done: () => void,
): () => void {
  let stopPage = () => {}
  let stopped = false
  const next = (span: StoredSpan, pages: number): void => {
    const page = pages < MOST_PAGES ? span.older() : undefined
    if (page === undefined) return done()
    const finish = (then: () => void): void => {
      stopPage()
      if (!stopped) then()
    }
    stopPage = connection.request({
      makeFilters: () => page.filters,
      onEvent: (event) => take(event, page.filters, page),
      onEose: () => finish(() => next(page, pages + 1)),
      onRefused: () => finish(done),
      // The caller's own request starts again after a reconnect, and with it the paging.
      onDown: () => finish(done),
    })
  }
  next(first, 0)
  return () => {
    stopped = true
    stopPage()
  }
}
