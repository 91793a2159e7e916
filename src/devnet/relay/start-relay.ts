// How does the small Nostr relay of `paygress devnet` and the tests start and stop?
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Clock } from '../../core/clock.ts'
import { PaygressError } from '../../core/errors.ts'
import { memoryEventStore, type EventStore } from './event-store.ts'
import { relayDocument } from './relay-document.ts'
import { RELAY_LIMITS, type RelayLimits } from './relay-limits.ts'
import { RelaySession } from './relay-session.ts'

export interface RelayOptions {
  /** 127.0.0.1 without it. */
  host?: string
  /** 0, the default, takes any free port. */
  port?: number
  /** Private messages (kinds 4, 1059, 21059) are served to their authenticated receiver only (NIP-42). */
  auth?: boolean
  /** Send the challenge on connect (the default) or only with the first refusal. */
  eagerAuth?: boolean
  store?: EventStore
  limits?: Partial<RelayLimits>
  clock?: Clock
  name?: string
  /** The address clients use where something stands in front of this relay: AUTH names it. */
  publicUrl?: string
}

export interface RunningRelay {
  /** ws://host:port */
  url: string
  port: number
  /** Cuts all connections and frees the port. */
  close(): Promise<void>
}

/** Starts a relay (NIPs 1, 9, 11, 40, 42). Throws PaygressError `failed` where the port cannot be had. */
export async function startRelay(options: RelayOptions = {}): Promise<RunningRelay> {
  const host = options.host ?? '127.0.0.1'
  const limits = { ...RELAY_LIMITS, ...options.limits }
  const http = createServer((request, response) => answerHttp(request, response, options, limits))
  const port = await listen(http, host, options.port ?? 0)
  const url = `ws://${host.includes(':') ? `[${host}]` : host}:${port}`
  const server = new WebSocketServer({
    server: http,
    maxPayload: limits.maxMessageBytes,
    perMessageDeflate: false,
  })
  serve(server, options.publicUrl ?? url, options, limits)
  return { url, port, close: () => stop(server, http) }
}

function serve(server: WebSocketServer, url: string, options: RelayOptions, limits: RelayLimits): void {
  const sessions = new Set<RelaySession>()
  const store = options.store ?? memoryEventStore()
  const clock = options.clock ?? { now: () => Date.now() }
  server.on('connection', (socket) => {
    const session = new RelaySession({
      challenge: options.auth === true ? randomBytes(16).toString('hex') : undefined,
      eagerAuth: options.eagerAuth ?? true,
      url,
      store,
      limits,
      clock,
      send: (frame) => sendFrame(socket, frame, limits),
      broadcast: (event) => sessions.forEach((each) => each.offer(event)),
    })
    sessions.add(session)
    // A message over the limit arrives here as an error; the connection is closed by then.
    socket.on('error', () => socket.terminate())
    socket.on('close', () => sessions.delete(session))
    socket.on('message', (data, isBinary) => {
      if (!isBinary) session.receive(Buffer.isBuffer(data) ? data.toString() : '')
    })
  })
}

function sendFrame(socket: WebSocket, frame: readonly unknown[], limits: RelayLimits): void {
  if (socket.bufferedAmount > limits.maxUnsentBytes) socket.terminate()
  else if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame))
}

function answerHttp(
  request: IncomingMessage,
  response: ServerResponse,
  options: RelayOptions,
  limits: RelayLimits,
): void {
  const wantsDocument = request.headers.accept?.includes('application/nostr+json') ?? false
  response.setHeader('access-control-allow-origin', '*')
  if (wantsDocument) {
    response.setHeader('content-type', 'application/nostr+json')
    response.end(
      JSON.stringify(relayDocument(options.name ?? 'paygress devnet', options.auth ?? false, limits)),
    )
  } else {
    response.setHeader('content-type', 'text/plain')
    response.end('This is a Nostr relay: connect with a WebSocket.\n')
  }
}

function listen(http: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', (cause) =>
      reject(
        new PaygressError('failed', `the relay cannot listen on ${host}:${port}: ${cause.message}`, {
          hint: 'choose another port, or leave --port out for any free one',
          cause,
        }),
      ),
    )
    http.listen(port, host, () => {
      const address = http.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

async function stop(server: WebSocketServer, http: Server): Promise<void> {
  for (const socket of server.clients) socket.terminate()
  server.close()
  http.closeAllConnections()
  if (http.listening) await new Promise<void>((resolve) => http.close(() => resolve()))
}
