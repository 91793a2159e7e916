// How do we talk with one relay: requests, publications and AUTH over a socket that may come and go?
import type { Clock, Random } from '../core/clock.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import type { EventLane, EventQueue } from './event-queue.ts'
import { RelayAuth } from './relay-auth.ts'
import { parseRelayFrame, type RelayFrame } from './relay-frame.ts'
import { RelayPublications, type PublishHandlers } from './relay-publications.ts'
import { RelayRequest, type RequestHandlers } from './relay-request.ts'
import { RelaySocket, type SocketState } from './relay-socket.ts'
import type { RelayTiming } from './relay-timing.ts'
import type { Signer } from './signer.ts'
import type { NostrEvent } from './verify-event.ts'

export interface ConnectionOptions {
  url: RelayUrl
  signer: Signer | undefined
  clock: Clock
  random: Random
  timing: RelayTiming
  queue: EventQueue
  eventsPerMinute: number | undefined
  onNotice(url: RelayUrl, text: string): void
  isAllowed?: (address: string) => boolean
}

// A relay that sends this many forged or malformed events on one connection is left alone for a while.
const MOST_BAD_EVENTS = 200

/** Gives the connection for an address, opening it if needed. */
export type Connect = (url: RelayUrl) => RelayConnection

export class RelayConnection {
  readonly url: RelayUrl
  events = 0
  badEvents = 0
  notices = 0
  lastError: string | undefined
  readonly #options: ConnectionOptions
  readonly #socket: RelaySocket
  readonly #lane: EventLane
  readonly #auth: RelayAuth
  readonly #requests = new Set<RelayRequest>()
  readonly #byWireId = new Map<string, RelayRequest>()
  readonly #publications: RelayPublications
  #lastWireId = 0
  #badNow = 0

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.url = options.url
    this.#lane = options.queue.lane({
      onPressure: (full) => this.#socket.setPaused(full),
      tasksPerMinute: options.eventsPerMinute,
    })
    this.#auth = new RelayAuth({
      url: options.url,
      signer: options.signer,
      clock: options.clock,
      answerMs: options.timing.authMs,
      send: (event) => this.#send(['AUTH', event]),
      onSettled: (accepted) => this.#authSettled(accepted),
    })
    this.#publications = new RelayPublications(this.#auth, (event) => this.#send(['EVENT', event]))
    const events = {
      onOpen: () => this.#opened(),
      onText: (text: string) => this.#received(text),
      onDown: (reason: string) => this.#wentDown(reason),
    }
    const { url, timing, random, isAllowed } = options
    this.#socket = new RelaySocket(url, timing, random, events, isAllowed)
  }

  get state(): SocketState {
    return this.#socket.state
  }

  get authState(): RelayAuth['state'] {
    return this.#auth.state
  }

  /** True where nobody needs this connection now. */
  get idle(): boolean {
    return this.#requests.size === 0 && this.#publications.isEmpty
  }

  /** Opens a REQ that is kept over reconnects until the returned function is called. */
  request(handlers: RequestHandlers): () => void {
    const request = new RelayRequest(handlers)
    this.#requests.add(request)
    if (this.state === 'open') this.#ask(request)
    else this.#socket.nudge()
    return () => this.#end(request)
  }

  /** Sends an event, again after each reconnect, until it is answered or the returned function is called. */
  publish(event: NostrEvent, handlers: PublishHandlers): () => void {
    const publication = this.#publications.add(event, handlers)
    if (this.state === 'open') publication.transmit()
    else this.#socket.nudge()
    return publication.leave
  }

  /** An event of this relay was forged or malformed. */
  reportBadEvent(): void {
    this.badEvents += 1
    this.#badNow += 1
    if (this.#badNow > MOST_BAD_EVENTS) this.#socket.drop('the relay sent too many invalid events')
  }

  async close(): Promise<void> {
    for (const request of this.#requests) request.reset()
    this.#requests.clear()
    this.#byWireId.clear()
    this.#publications.clear()
    this.#auth.reset()
    this.#lane.close()
    await this.#socket.close()
  }

  #opened(): void {
    this.#badNow = 0
    for (const request of this.#requests) this.#ask(request)
    this.#publications.transmitAll()
  }

  #wentDown(reason: string): void {
    this.lastError = reason
    this.#auth.reset()
    this.#byWireId.clear()
    for (const request of [...this.#requests]) {
      request.reset()
      request.handlers.onDown(reason)
    }
    this.#publications.wentDown(reason)
  }

  #received(text: string): void {
    const frame = parseRelayFrame(text)
    if (frame === undefined) return this.reportBadEvent()
    switch (frame.type) {
      case 'EVENT':
      case 'EOSE':
      case 'CLOSED':
        return this.#answered(frame, text.length)
      case 'OK':
        if (!this.#auth.takeOk(frame.eventId, frame.accepted)) this.#publications.judged(frame)
        return
      case 'AUTH':
        return this.#auth.answer(frame.challenge)
      case 'NOTICE':
        this.notices += 1
        return this.#options.onNotice(this.url, frame.text)
    }
  }

  #answered(frame: RelayFrame & { subscription: string }, bytes: number): void {
    const request = this.#byWireId.get(frame.subscription)
    if (request === undefined) return
    if (frame.type === 'CLOSED') return this.#refused(request, frame.reason)
    if (frame.type === 'EVENT') {
      this.events += 1
      request.countEvent()
      this.#later(request, bytes, () => request.handlers.onEvent(frame.event))
    } else if (this.#auth.state === 'answering' && request.gainsByAuth) {
      request.heldEose = true
    } else if (!request.isAnswered) {
      this.#stored(request)
    }
  }

  #stored(request: RelayRequest): void {
    request.answered()
    this.#later(request, 0, () => request.handlers.onEose())
  }

  // EOSE and CLOSED queue behind the events they follow.
  #later(request: RelayRequest, bytes: number, run: () => void): void {
    this.#lane.push(bytes, () => {
      if (!request.closed) run()
    })
  }

  #refused(request: RelayRequest, reason: string): void {
    if (request.wireId !== undefined) this.#byWireId.delete(request.wireId)
    const next = request.refuse(reason, this.#options.timing, this.#options.random)
    if (next === 'auth' && this.#auth.possible) return this.#waitForAuth(request, reason)
    const waitMs = next === 'auth' ? this.#options.timing.forbiddenMs : next
    request.retryTimer = setTimeout(() => this.#ask(request), waitMs)
    this.lastError = reason
    this.#later(request, 0, () => request.handlers.onRefused(reason))
  }

  #waitForAuth(request: RelayRequest, reason: string): void {
    if (this.#auth.state === 'accepted') return this.#ask(request)
    request.waitsForAuth = true
    if (this.#auth.state === 'answering') return
    // The challenge usually comes together with this refusal.
    const { authMs, rateLimitedMs } = this.#options.timing
    request.retryTimer = setTimeout(() => {
      request.waitsForAuth = false
      request.retryTimer = setTimeout(() => this.#ask(request), rateLimitedMs)
      request.handlers.onRefused(reason)
    }, authMs)
  }

  #authSettled(accepted: boolean): void {
    for (const request of [...this.#requests]) {
      if (accepted ? request.gainsByAuth : request.waitsForAuth) this.#ask(request)
      else if (request.heldEose) {
        request.heldEose = false
        this.#stored(request)
      }
    }
    this.#publications.authSettled()
  }

  #ask(request: RelayRequest): void {
    if (this.state !== 'open' || request.closed) return
    this.#withdraw(request)
    const wireId = `r${++this.#lastWireId}`
    const filters = request.begin(wireId)
    this.#byWireId.set(wireId, request)
    this.#send(['REQ', wireId, ...filters])
  }

  #withdraw(request: RelayRequest): void {
    if (request.wireId === undefined) return
    this.#byWireId.delete(request.wireId)
    this.#send(['CLOSE', request.wireId])
    request.wireId = undefined
  }

  #end(request: RelayRequest): void {
    if (request.closed) return
    request.closed = true
    this.#requests.delete(request)
    this.#withdraw(request)
    request.reset()
  }

  #send(frame: readonly unknown[]): boolean {
    return this.#socket.send(JSON.stringify(frame))
  }
}
