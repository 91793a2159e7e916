// How do we talk with many relays at once? One hub per identity: it owns the connections and shares them.
import { randomBytes } from 'node:crypto'
import { PaygressError } from '../core/errors.ts'
import type { Clock, Random } from '../core/clock.ts'
import { parseRelayUrl, type RelayUrl } from '../core/relay-url.ts'
import { EventQueue } from './event-queue.ts'
import type { Filter } from './filter.ts'
import { publishEvent, type PublishOptions, type PublishReport } from './publish-event.ts'
import { queryEvents, type QueryOptions, type QueryResult } from './query-events.ts'
import { type Connect, RelayConnection } from './relay-connection.ts'
import type { SocketState } from './relay-socket.ts'
import { RELAY_TIMING, type RelayTiming } from './relay-timing.ts'
import type { Signer } from './signer.ts'
import { subscribeEvents, type Subscription, type SubscriptionHandlers } from './subscribe-events.ts'
import type { NostrEvent } from './verify-event.ts'

export interface RelayHubOptions {
  /** Answers AUTH (NIP-42). Relays want one key per connection, so one hub serves one identity. */
  signer?: Signer
  clock?: Clock
  random?: Random
  timing?: Partial<RelayTiming>
  /** Most events a minute that are looked at per relay; the rest waits in the relay. */
  eventsPerMinute?: number
  /** Most relays connected at once; those that nobody needs any more make room. */
  maxRelays?: number
  /** Which addresses the name of a relay may lead to, asked whenever a socket connects; without it all. */
  mayLeadTo?: (url: RelayUrl, address: string) => boolean
  /** Hears what a handler of a subscription threw; without it the process ends with that error. */
  onError?(error: unknown): void
  onNotice?(url: RelayUrl, text: string): void
}

export interface RelayStatus {
  url: RelayUrl
  state: SocketState
  auth: 'none' | 'answering' | 'accepted' | 'refused'
  events: number
  badEvents: number
  notices: number
  lastError: string | undefined
}

export interface RelayHub {
  readonly signer: Signer | undefined
  /** Where errors of handlers go that nobody awaits. */
  onError(error: unknown): void
  /** Keeps asking all relays, over reconnects, until closed. Events are verified and come once. */
  subscribe(
    relays: readonly string[],
    makeFilters: () => readonly Filter[],
    handlers: SubscriptionHandlers,
  ): Subscription
  /** Resolves when `minOk` relays accepted, or all answered, or at the time-out; never rejects for a relay. */
  publish(event: NostrEvent, relays: readonly string[], options?: PublishOptions): Promise<PublishReport>
  /** What the relays have stored, merged; resolves when all are through, or at the deadline. */
  query(relays: readonly string[], filters: readonly Filter[], options?: QueryOptions): Promise<QueryResult>
  status(): RelayStatus[]
  /** Ends everything; resolves when no socket and no timer is left. */
  close(): Promise<void>
}

const DEFAULT_MAX_RELAYS = 64

/** A hub without any connection yet; addresses that are none throw PaygressError `usage` where they are given. */
export function openRelayHub(options: RelayHubOptions = {}): RelayHub {
  const clock = options.clock ?? { now: () => Date.now() }
  const random = options.random ?? { bytes: (count) => randomBytes(count) }
  const timing = { ...RELAY_TIMING, ...options.timing }
  const queue = new EventQueue(options.onError ?? throwLater)
  const connections = new Map<RelayUrl, RelayConnection>()
  const closing = new AbortController()
  const ending = new Set<Promise<void>>()

  const end = (connection: RelayConnection): void => {
    connections.delete(connection.url)
    const ended = connection.close().finally(() => ending.delete(ended))
    ending.add(ended)
  }
  const sweep = idleSweep(connections, timing.idleMs, end)

  const makeRoom = (): void => {
    const idle = [...connections.values()].find((connection) => connection.idle)
    if (idle === undefined) throw new PaygressError('busy', 'too many relays are in use at once')
    end(idle)
  }

  const connect: Connect = (url) => {
    if (closing.signal.aborted) throw new PaygressError('internal', 'the relay hub is closed')
    const known = connections.get(url)
    if (known !== undefined) return known
    if (connections.size >= (options.maxRelays ?? DEFAULT_MAX_RELAYS)) makeRoom()
    const { mayLeadTo } = options
    const connection = new RelayConnection({
      url,
      ...(mayLeadTo === undefined ? {} : { isAllowed: (address) => mayLeadTo(url, address) }),
      signer: options.signer,
      clock,
      random,
      timing,
      queue,
      eventsPerMinute: options.eventsPerMinute,
      onNotice: (from, text) => options.onNotice?.(from, text),
    })
    connections.set(url, connection)
    sweep.start()
    return connection
  }

  return {
    signer: options.signer,
    onError: options.onError ?? throwLater,
    subscribe: (relays, makeFilters, handlers) =>
      subscribeEvents(connect, uniqueRelays(relays), makeFilters, handlers),
    publish: async (event, relays, publishOptions = {}) =>
      publishEvent(connect, event, uniqueRelays(relays), publishOptions, closing.signal),
    query: async (relays, filters, queryOptions = {}) =>
      queryEvents(connect, uniqueRelays(relays), filters, queryOptions, closing.signal),
    status: () => [...connections.values()].map(statusOf),
    close: async () => {
      closing.abort()
      sweep.stop()
      queue.close()
      for (const connection of [...connections.values()]) end(connection)
      await Promise.all(ending)
    },
  }
}

/** Normal addresses, each once. Throws PaygressError `usage` on one that is none. */
function uniqueRelays(relays: readonly string[]): RelayUrl[] {
  return [...new Set(relays.map(parseRelayUrl))]
}

function statusOf(connection: RelayConnection): RelayStatus {
  const { url, state, authState, events, badEvents, notices, lastError } = connection
  return { url, state, auth: authState, events, badEvents, notices, lastError }
}

function throwLater(error: unknown): void {
  setImmediate(() => {
    throw error
  })
}

/** Closes connections that were idle at two looks in a row. */
function idleSweep(
  connections: Map<RelayUrl, RelayConnection>,
  idleMs: number,
  end: (connection: RelayConnection) => void,
): { start(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  let idleBefore = new Set<RelayConnection>()
  const look = () => {
    const idle = [...connections.values()].filter((connection) => connection.idle)
    for (const connection of idle) if (idleBefore.has(connection)) end(connection)
    idleBefore = new Set(idle)
    if (connections.size === 0) stop()
  }
  const stop = () => {
    clearInterval(timer)
    timer = undefined
  }
  return {
    start: () => {
      timer ??= setInterval(look, idleMs)
    },
    stop,
  }
}
