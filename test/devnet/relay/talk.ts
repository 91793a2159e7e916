// How does a test speak with a relay frame by frame?
import { WebSocket } from 'ws'

export interface Talk {
  send(...frame: unknown[]): void
  sendText(text: string): void
  /** The next frame that is not read yet. */
  next(): Promise<unknown[]>
  /** Frames up to and including the first of that type. */
  upTo(type: string): Promise<unknown[][]>
  /** Resolves when the relay has closed the connection. */
  closed: Promise<void>
  close(): void
}

export async function talkTo(url: string): Promise<Talk> {
  const socket = new WebSocket(url)
  const frames: unknown[][] = []
  let wake = () => {}
  socket.on('message', (data) => {
    frames.push(JSON.parse(Buffer.isBuffer(data) ? data.toString() : ''))
    wake()
  })
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  socket.on('error', () => {})
  const talk: Talk = {
    send: (...frame) => socket.send(JSON.stringify(frame)),
    sendText: (text) => socket.send(text),
    next: async () => {
      while (frames.length === 0) await new Promise<void>((resolve) => (wake = resolve))
      return frames.shift() ?? []
    },
    upTo: async (type) => {
      const read: unknown[][] = []
      while (read.at(-1)?.[0] !== type) read.push(await talk.next())
      return read
    },
    closed,
    close: () => socket.terminate(),
  }
  return talk
}
