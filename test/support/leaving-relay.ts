// What if a relay has said good-bye, and its connection stays?
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Duplex } from 'node:stream'

/** RFC 6455, section 1.3. */
const KEY_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const CLOSE_FRAME = Buffer.from([0x88, 0x00])

/** Takes every frame and answers none; it says good-bye when told to, and then leaves the connection open. */
export async function startLeavingRelay(): Promise<{
  url: string
  /** Resolves when the other side has heard it. */
  sayGoodbye(): Promise<void>
  close(): Promise<void>
}> {
  const sockets = new Set<Duplex>()
  const server = createServer()
  server.on('upgrade', ({ headers }, socket) => {
    const key = `${headers['sec-websocket-key']}${KEY_SUFFIX}`
    const accept = createHash('sha1').update(key).digest('base64')
    sockets.add(socket)
    const lines = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`]
    socket.write(['HTTP/1.1 101 Switching Protocols', ...lines, '', ''].join('\r\n'))
    socket.resume()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `ws://127.0.0.1:${port}`,
    sayGoodbye: async () => {
      const heard = [...sockets].map(async (socket) => once(socket, 'data'))
      for (const socket of sockets) socket.write(CLOSE_FRAME)
      await Promise.all(heard)
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
