// Which port does a machine get, and who holds it from its reservation to its end?
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { PaygressError } from '../../core/errors.ts'
import { fileErrorCode } from '../../storage/file-error.ts'

/** First and last port, both included. */
export interface PortRange {
  first: number
  last: number
}

export interface PortListener {
  readonly port: number
  /** Gives every further connection to `accept`; until then they are closed at once. */
  serve(accept: (socket: Socket) => void): void
  close(): void
}

/** Listens on one port (0: any free one). Throws the system's error, for example EADDRINUSE. */
export async function listenOnPort(host: string, port: number): Promise<PortListener> {
  let accept = (socket: Socket): void => void socket.destroy()
  const server = createServer({ noDelay: true }, (socket) => accept(socket))
  await listening(server, host, port)
  return {
    port: (server.address() as AddressInfo).port,
    serve: (handler) => {
      accept = handler
    },
    close: () => void server.close(),
  }
}

/** Listens on the first free port of a range; throws `busy` where there is none. */
export async function listenInRange(host: string, range: PortRange | undefined): Promise<PortListener> {
  if (range === undefined) return listenOnPort(host, 0)
  for (let port = range.first; port <= range.last; port++) {
    try {
      return await listenOnPort(host, port)
    } catch (error) {
      if (!isTaken(error)) throw error
    }
  }
  throw new PaygressError('busy', 'No available ports in the configured range', {
    details: { first: range.first, last: range.last },
  })
}

/** True where another program has the port. */
export function isTaken(error: unknown): boolean {
  return fileErrorCode(error) === 'EADDRINUSE'
}

async function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
