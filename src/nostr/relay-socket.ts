// How does one WebSocket to a relay stay up? It connects, pings, and comes back by itself for as long as it is wanted.
//
//   connecting ──open──▶ open ──error, close, no pong──▶ waiting ──back-off──▶ connecting
//        └──refused, time-out──▶ waiting                  any ──close()──▶ closed
import type { LookupFunction } from 'node:net'
import { WebSocket, type RawData } from 'ws'
import type { Random } from '../core/clock.ts'
import { backOffMs } from './back-off.ts'
import { guardedLookup } from './guarded-lookup.ts'
import type { RelayTiming } from './relay-timing.ts'

export type SocketState = 'connecting' | 'open' | 'waiting' | 'closed'

export interface SocketEvents {
  onOpen(): void
  onText(text: string): void
  /** The connection is gone or could not be made; the next try follows by itself. */
  onDown(reason: string): void
}

const SHORTEST_REASON = 'the connection was closed'

export class RelaySocket {
  readonly url: string
  state: SocketState = 'connecting'
  failures = 0
  readonly #timing: RelayTiming
  readonly #random: Random
  readonly #events: SocketEvents
  #ws: WebSocket | undefined
  #retryTimer: NodeJS.Timeout | undefined
  #pingTimer: NodeJS.Timeout | undefined
  #stableTimer: NodeJS.Timeout | undefined
  #awaitingPongSince: number | undefined
  #paused = false
  readonly #lookup: { lookup?: LookupFunction }

  /** Without `isAllowed` its name may lead anywhere. */
  constructor(
    url: string,
    timing: RelayTiming,
    random: Random,
    events: SocketEvents,
    isAllowed?: (address: string) => boolean,
  ) {
    this.url = url
    this.#timing = timing
    this.#random = random
    this.#events = events
    this.#lookup = isAllowed === undefined ? {} : { lookup: guardedLookup(isAllowed) }
    this.#connect()
  }

  /** False where the relay is not connected: the caller sends again after `onOpen`. */
  send(text: string): boolean {
    const ws = this.#ws
    // One that is closing takes nothing, and its end is only heard a moment later.
    if (this.state !== 'open' || ws?.readyState !== WebSocket.OPEN) return false
    if (ws.bufferedAmount > this.#timing.maxUnsentBytes) {
      this.drop('the relay does not read what it is sent')
      return false
    }
    ws.send(text, (error) => {
      if (error !== undefined && error !== null) this.#down(ws, 'sending failed')
    })
    return true
  }

  /** Tries at once instead of at the end of the wait. */
  nudge(): void {
    if (this.state === 'waiting') this.#connect()
  }

  /** Ends this connection; the next one follows after a back-off. */
  drop(reason: string): void {
    const ws = this.#ws
    if (ws !== undefined) this.#down(ws, reason)
  }

  /** Stops or goes on reading, so that a flood waits in the relay and not in our memory. */
  setPaused(paused: boolean): void {
    this.#paused = paused
    if (this.#ws?.readyState !== WebSocket.OPEN) return
    if (paused) this.#ws.pause()
    else this.#ws.resume()
  }

  /** Ends it for good; resolves when the socket is gone. */
  async close(): Promise<void> {
    if (this.state === 'closed') return
    this.state = 'closed'
    this.#clearTimers()
    const ws = this.#ws
    this.#ws = undefined
    if (ws === undefined || ws.readyState === WebSocket.CLOSED) return
    await new Promise<void>((resolve) => {
      const cut = setTimeout(() => ws.terminate(), this.#timing.goodbyeMs)
      ws.once('close', () => {
        clearTimeout(cut)
        resolve()
      })
      ws.resume()
      if (ws.readyState === WebSocket.OPEN) ws.close(1000)
      else ws.terminate()
    })
  }

  #connect(): void {
    this.#clearTimers()
    this.state = 'connecting'
    const ws = new WebSocket(this.url, {
      handshakeTimeout: this.#timing.handshakeMs,
      maxPayload: this.#timing.maxMessageBytes,
      perMessageDeflate: false,
      ...this.#lookup,
    })
    this.#ws = ws
    let lastError = SHORTEST_REASON
    // This listener stays for the life of the socket: a late 'error' without one would end the process.
    ws.on('error', (error) => {
      lastError = describe(error)
      this.#down(ws, lastError)
    })
    ws.on('close', () => this.#down(ws, lastError))
    ws.on('open', () => this.#opened(ws))
    ws.on('pong', () => {
      this.#awaitingPongSince = undefined
    })
    ws.on('message', (data, isBinary) => {
      if (this.#ws === ws && !isBinary) this.#events.onText(textOf(data))
    })
  }

  #opened(ws: WebSocket): void {
    if (this.#ws !== ws) return
    this.state = 'open'
    this.#awaitingPongSince = undefined
    if (this.#paused) ws.pause()
    this.#stableTimer = setTimeout(() => {
      this.failures = 0
    }, this.#timing.stableMs)
    this.#pingTimer = setInterval(() => this.#ping(ws), Math.min(this.#timing.pingMs, this.#timing.pongMs))
    this.#events.onOpen()
  }

  #ping(ws: WebSocket): void {
    // A paused socket cannot show its pong.
    if (this.#paused) return
    const now = performance.now()
    if (this.#awaitingPongSince === undefined) {
      this.#awaitingPongSince = now
      ws.ping()
    } else if (now - this.#awaitingPongSince >= this.#timing.pongMs * 0.9) {
      this.#down(ws, 'the relay stopped answering')
    }
  }

  #down(ws: WebSocket, reason: string): void {
    if (this.#ws !== ws) return
    this.#ws = undefined
    this.#clearTimers()
    ws.terminate()
    this.state = 'waiting'
    this.failures += 1
    const waitMs = backOffMs(this.failures, this.#timing.reconnect, this.#random)
    this.#retryTimer = setTimeout(() => this.#connect(), waitMs)
    this.#events.onDown(reason)
  }

  #clearTimers(): void {
    clearTimeout(this.#retryTimer)
    clearTimeout(this.#stableTimer)
    clearInterval(this.#pingTimer)
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString()
  return Buffer.isBuffer(data) ? data.toString() : Buffer.from(data).toString()
}

function describe(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (code === 'ECONNREFUSED') return 'connection refused'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the name does not resolve'
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return 'the relay sent a message that is too large'
  // Error texts of sockets may quote what was sent.
  return error.message.slice(0, 120) || code || SHORTEST_REASON
}
