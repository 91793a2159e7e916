// What does a relay answer, word for word? A client that sends what it is told and hides nothing.
import { until } from './until.ts'

export interface RawRelayClient extends AsyncDisposable {
  send(...message: readonly unknown[]): void
  /** Everything that came so far, oldest first. */
  received(): readonly unknown[][]
  /** Waits for a message that starts with these elements, e.g. `heard('CLOSED', 'sub')`; each is found once only. */
  heard(...start: readonly unknown[]): Promise<unknown[]>
  isClosed(): boolean
  close(): Promise<void>
}

/** Opens a websocket to a relay. */
export async function openRawRelayClient(url: string): Promise<RawRelayClient> {
  const socket = new WebSocket(url)
  const received: unknown[][] = []
  const told = new Set<unknown[]>()
  socket.addEventListener('message', ({ data }) => {
    const message: unknown = JSON.parse(String(data))
    if (Array.isArray(message)) received.push(message)
  })
  socket.addEventListener('error', () => socket.close())
  const isClosed = () => socket.readyState === WebSocket.CLOSED
  const close = async () => {
    socket.close()
    await until('the end of the connection', isClosed, 5_000)
  }
  await until(`a connection to ${url}`, () => socket.readyState !== WebSocket.CONNECTING, 5_000)
  if (socket.readyState !== WebSocket.OPEN) throw new Error(`no connection to ${url}`)
  return {
    send: (...message) => socket.send(JSON.stringify(message)),
    received: () => received,
    heard: async (...start) => {
      const match = () => received.find((message) => !told.has(message) && startsWith(message, start))
      await until(`${JSON.stringify(start)} from the relay`, () => match() !== undefined, 5_000)
      const message = match() ?? []
      told.add(message)
      return message
    },
    isClosed,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function startsWith(message: readonly unknown[], start: readonly unknown[]): boolean {
  return start.every((element, index) => message[index] === element)
}
