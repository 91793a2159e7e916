// What do these relays have stored? Asked once, merged, never waiting for a dead relay past the deadline.
import { PaygressError } from '../core/errors.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import { eventGate } from './event-gate.ts'
import { fetchOlder } from './fetch-older.ts'
import { groupByRestriction, type Filter } from './filter.ts'
import type { Connect } from './relay-connection.ts'
import { StoredSpan } from './stored-span.ts'
import type { NostrEvent } from './verify-event.ts'

export interface QueryOptions {
  /** The deadline for the slowest relay, in ms; 5 s without it. */
  timeoutMs?: number
  /** Stop when this many different events are here. */
  maxEvents?: number
  signal?: AbortSignal
  /** Each verified event at once, the first time any relay delivers it. */
  onEvent?(event: NostrEvent, url: RelayUrl): void
  /** A relay is through; the events it had are all delivered. */
  onRelayDone?(answer: RelayAnswer): void
}

export interface RelayAnswer {
  url: RelayUrl
  /** `done`: all it had; `failed`: refused or not reachable; `timeout`: not through at the deadline. */
  state: 'done' | 'failed' | 'timeout'
  reason?: string
  /** Genuine events it served. */
  events: number
}

export interface QueryResult {
  events: NostrEvent[]
  /** Event id → relays that served it. */
  servedBy: Map<string, RelayUrl[]>
  relays: RelayAnswer[]
}

const DEFAULT_TIMEOUT_MS = 5_000
const DEFAULT_MAX_EVENTS = 20_000
const LATE = 'no complete answer in time'

/** One-shot read of all relays; see `RelayHub.query`. */
export function queryEvents(
  connect: Connect,
  relays: readonly RelayUrl[],
  filters: readonly Filter[],
  options: QueryOptions,
  closing: AbortSignal,
): Promise<QueryResult> {
  const maxEvents = options.maxEvents ?? DEFAULT_MAX_EVENTS
  const gate = eventGate(maxEvents * 2)
  const events = new Map<string, NostrEvent>()
  const servedBy = new Map<string, RelayUrl[]>()
  const served = new Map<RelayUrl, number>()
  const answers = new Map<RelayUrl, RelayAnswer>()
  const stops = new Map<RelayUrl, () => void>()
  const { promise, resolve } = Promise.withResolvers<QueryResult>()

  const settle = (url: RelayUrl, state: RelayAnswer['state'], reason?: string): void => {
    if (answers.has(url)) return
    const answer = { url, state, events: served.get(url) ?? 0, ...(reason === undefined ? {} : { reason }) }
    answers.set(url, answer)
    stops.get(url)?.()
    options.onRelayDone?.(answer)
    if (answers.size === relays.length) finish()
  }
  const cutOff = (reason: string) => () => {
    for (const url of relays) settle(url, 'timeout', reason)
    finish()
  }
  const onClosing = cutOff('the command ended first')
  const onAbort = () => cutOff(isTimeout(options.signal?.reason) ? LATE : 'interrupted')()
  const timer = setTimeout(cutOff(LATE), options.timeoutMs ?? DEFAULT_TIMEOUT_MS)
  const finish = (): void => {
    clearTimeout(timer)
    closing.removeEventListener('abort', onClosing)
    options.signal?.removeEventListener('abort', onAbort)
    resolve({ events: [...events.values()], servedBy, relays: [...answers.values()] })
  }
  closing.addEventListener('abort', onClosing)
  options.signal?.addEventListener('abort', onAbort)

  const accept = (event: NostrEvent, url: RelayUrl): void => {
    const by = servedBy.get(event.id) ?? []
    if (by.includes(url)) return
    servedBy.set(event.id, [...by, url])
    served.set(url, (served.get(url) ?? 0) + 1)
    if (events.has(event.id)) return
    events.set(event.id, event)
    options.onEvent?.(event, url)
    if (events.size >= maxEvents) for (const relay of relays) settle(relay, 'done', 'enough events')
  }

  for (const url of relays) {
    try {
      const stop = ask(connect(url), filters, gate, {
        onEvent: (event) => accept(event, url),
        onDone: () => settle(url, 'done'),
        onFailed: (reason) => settle(url, 'failed', reason),
      })
      stops.set(url, stop)
      if (answers.has(url)) stop()
    } catch (error) {
      if (!(error instanceof PaygressError)) throw error
      settle(url, 'failed', error.message)
    }
  }
  if (relays.length === 0) finish()
  if (options.signal?.aborted === true) onAbort()
  return promise
}

/** True for what `AbortSignal.timeout` aborts with. */
function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError'
}

interface AskHandlers {
  onEvent(event: NostrEvent): void
  onDone(): void
  onFailed(reason: string): void
}

/** Asks one relay all filters, page after page. */
function ask(
  connection: ReturnType<Connect>,
  filters: readonly Filter[],
  gate: ReturnType<typeof eventGate>,
  handlers: AskHandlers,
): () => void {
  const stops: (() => void)[] = []
  const groups = groupByRestriction(filters)
  let left = groups.length
  const groupDone = (): void => {
    left -= 1
    if (left === 0) handlers.onDone()
  }
  for (const group of groups) {
    const first = new StoredSpan(group)
    const take = (value: unknown, wanted: readonly Filter[], page: StoredSpan): void => {
      const answer = gate.check(value, wanted)
      if (answer.state === 'bad') connection.reportBadEvent()
      if (answer.state !== 'new' && answer.state !== 'known') return
      page.add(answer.event)
      handlers.onEvent(answer.event)
    }
    const stop = connection.request({
      makeFilters: () => group,
      onEvent: (value) => take(value, group, first),
      onEose: () => {
        stop()
        stops.push(fetchOlder(connection, first, take, groupDone))
      },
      onRefused: (reason) => handlers.onFailed(reason),
      onDown: (reason) => handlers.onFailed(reason),
    })
    stops.push(stop)
  }
  return () => stops.forEach((stop) => stop())
}
