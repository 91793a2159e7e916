// Which port can a child listen on that cannot pick one itself, and have again after a restart?
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

// Below the range from which the kernel gives ports to outgoing connections and to `listen(0)`: nobody takes the
// port between this look and the child's start, or while the child is down.
const FIRST = 20_000
const LAST = 31_999

/** A loopback TCP port nobody listens on. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(FIRST, LAST + 1)
    if (await isFree(port)) return port
  }
  throw new Error(`no free port between ${FIRST} and ${LAST} in 100 attempts`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
