// How does a relay misbehave on purpose? A proxy in front of a real one that changes, holds back or invents frames.
import { createServer, type Server, type Socket } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import { startRelay, type RelayOptions, type RunningRelay } from '../../src/devnet/relay/start-relay.ts'

export type Frame = [type: string, ...rest: unknown[]]

/** What one connection sees. Each hook gives the frames that really go on; they may come later through `client`. */
export interface Faults {
  onConnect?(client: FaultyClient): void
  /** Relay → client. */
  toClient?(frame: Frame, client: FaultyClient): Frame[]
  /** Client → relay. */
  toRelay?(frame: Frame, client: FaultyClient): Frame[]
}

export interface FaultyClient {
  send(frame: unknown): void
  sendText(text: string): void
  cut(): void
  /** Counts connections from 1. */
  number: number
}

export interface FaultyRelay {
  url: string
  port: number
  /** The genuine relay behind it. */
  inner: RunningRelay
  faults: Faults
  connections: number
  /** Every frame that clients sent. */
  received: Frame[]
  /** Cuts all connections; new ones are accepted. */
  cutAll(): void
  /** Cuts all connections and refuses new ones. */
  die(): Promise<void>
  /** Stops reading from the clients: no frame and no ping is answered, the connections stay. */
  freeze(): void
  thaw(): void
  /** Listens again on the same port. */
  comeBack(): Promise<void>
  close(): Promise<void>
}

/** A proxy in front of a fresh devnet relay; without faults it changes nothing. */
export async function startFaultyRelay(
  faults: Faults = {},
  options: RelayOptions = {},
): Promise<FaultyRelay> {
  let server = await listen(0)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const url = `ws://127.0.0.1:${port}`
  const inner = await startRelay({ ...options, publicUrl: url })
  const relay: FaultyRelay = {
    url,
    port,
    inner,
    faults,
    connections: 0,
    received: [],
    cutAll: () => server.clients.forEach((client) => client.terminate()),
    freeze: () => server.clients.forEach((client) => client.pause()),
    thaw: () => server.clients.forEach((client) => client.resume()),
    die: () => stop(server),
    comeBack: async () => {
      server = await listen(port)
      server.on('connection', (socket) => bridge(relay, socket))
    },
    close: async () => {
      await stop(server)
      await inner.close()
    },
  }
  server.on('connection', (socket) => bridge(relay, socket))
  return relay
}

function bridge(relay: FaultyRelay, socket: WebSocket): void {
  relay.connections += 1
  const upstream = new WebSocket(relay.inner.url)
  const waiting: string[] = []
  const client: FaultyClient = {
    number: relay.connections,
    send: (frame) => client.sendText(JSON.stringify(frame)),
    sendText: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text)
    },
    cut: () => socket.terminate(),
  }
  const forward = (frame: Frame): void => {
    const text = JSON.stringify(frame)
    if (upstream.readyState === WebSocket.OPEN) upstream.send(text)
    else waiting.push(text)
  }
  relay.faults.onConnect?.(client)
  upstream.on('open', () => waiting.splice(0).forEach((text) => upstream.send(text)))
  upstream.on('message', (data) => {
    const frame = JSON.parse(textOf(data)) as Frame
    for (const out of relay.faults.toClient?.(frame, client) ?? [frame]) client.send(out)
  })
  socket.on('message', (data) => {
    const frame = JSON.parse(textOf(data)) as Frame
    relay.received.push(frame)
    for (const out of relay.faults.toRelay?.(frame, client) ?? [frame]) forward(out)
  })
  upstream.on('error', () => socket.terminate())
  socket.on('error', () => upstream.terminate())
  upstream.on('close', () => socket.terminate())
  socket.on('close', () => upstream.terminate())
}

function textOf(data: WebSocket.RawData): string {
  return Buffer.isBuffer(data) ? data.toString() : ''
}

function listen(port: number): Promise<WebSocketServer> {
  return new Promise((resolve, reject) => {
    const server = new WebSocketServer({ host: '127.0.0.1', port })
    server.once('listening', () => resolve(server))
    server.once('error', reject)
  })
}

function stop(server: WebSocketServer): Promise<void> {
  for (const client of server.clients) client.terminate()
  return new Promise((resolve) => server.close(() => resolve()))
}

/** Accepts TCP connections and never says a word: the WebSocket handshake hangs. */
export async function startSilentPort(): Promise<{ url: string; close(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `ws://127.0.0.1:${port}`,
    close: () => {
      sockets.forEach((socket) => socket.destroy())
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** An address on which nobody listens. */
export async function unusedAddress(): Promise<string> {
  const { url, close } = await startSilentPort()
  await close()
  return url
}

/** Takes every frame and answers none. */
export const silence: Faults = { toRelay: () => [], toClient: () => [] }

/** Serves everything but the EOSE. */
export const withoutEose: Faults = { toClient: (frame) => (frame[0] === 'EOSE' ? [] : [frame]) }

/** Every frame comes `times` times. */
export function repeated(times: number): Faults {
  return { toClient: (frame) => Array.from({ length: times }, () => frame) }
}

/** Every frame comes late. */
export function delayed(ms: number): Faults {
  return {
    toClient: (frame, client) => {
      setTimeout(() => client.send(frame), ms)
      return []
    },
  }
}

/** Stored events come in the opposite order, then the EOSE. */
export function reordered(): Faults {
  const held: Frame[] = []
  return {
    toClient: (frame) => {
      if (frame[0] === 'EVENT') held.unshift(frame)
      return frame[0] === 'EVENT' ? [] : [...held.splice(0), frame]
    },
  }
}

/** Each REQ is refused with this reason; `times` limits it. */
export function closedWith(reason: string, times = Infinity): Faults {
  let left = times
  return {
    toRelay: (frame, client) => {
      if (frame[0] !== 'REQ' || left <= 0) return [frame]
      left -= 1
      client.send(['CLOSED', frame[1], reason])
      return []
    },
  }
}

/** Each event is refused with this reason. */
export function refusing(reason: string): Faults {
  return {
    toRelay: (frame, client) => {
      if (frame[0] !== 'EVENT') return [frame]
      const event = frame[1]
      const id = typeof event === 'object' && event !== null && 'id' in event ? event.id : ''
      client.send(['OK', id, false, reason])
      return []
    },
  }
}

/** Before each EVENT comes a forged one, made from it. */
export function forgedFirst(forge: (event: Record<string, unknown>) => unknown): Faults {
  return {
    toClient: (frame) => {
      const event = frame[2]
      if (frame[0] !== 'EVENT' || typeof event !== 'object' || event === null) return [frame]
      return [['EVENT', frame[1], forge({ ...event })], frame]
    },
  }
}
