// Is a mint asked again by itself when it closed the socket that was kept open, and only where that can do no harm?
import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import * as z from 'zod'
import { mintHttp } from '../../src/cashu/mint-http.ts'

const answer = z.object({ ok: z.boolean() })
const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** A mint that answers the first request of every connection and closes it on the second. */
async function openForgetfulMint(): Promise<{ url: string; closed: () => number }> {
  let closed = 0
  const seen = new WeakSet<Socket>()
  const server = createServer((request, response) => {
    if (seen.has(request.socket)) {
      closed += 1
      request.socket.destroy()
      return
    }
    seen.add(request.socket)
    request.resume().on('end', () => response.end('{"ok":true}'))
  })
  servers.push(server)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return { url: `http://127.0.0.1:${address.port}`, closed: () => closed }
}

test.each([
  { path: '/v1/keysets', options: {}, status: 'ok' },
  { path: '/v1/checkstate', options: { body: '{}' }, status: 'ok' },
  { path: '/v1/swap', options: { body: '{}' }, status: 'unanswered' },
])('$path on a closed socket: $status', async ({ path, options, status }) => {
  const { url, closed } = await openForgetfulMint()
  const http = mintHttp({ url, clock: { now: () => Date.now() }, timeoutMs: 5_000 })
  let last: unknown
  // A connection is used again once its answer is put away, which takes a moment.
  for (let asked = 0; closed() === 0 && asked < 100; asked += 1) {
    last = await http.ask(path, answer, options)
    await setImmediate()
  }
  expect(closed()).toBe(1)
  expect(last).toMatchObject({ status })
})
