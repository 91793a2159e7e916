// Is a mint asked again by itself when it closed the socket that was kept open, and given up early, only where that can do no harm?
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
  return { url: await listen(server), closed: () => closed }
}

async function listen(server: Server): Promise<string> {
  servers.push(server)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return `http://127.0.0.1:${address.port}`
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

test('what is asked before money moves is given up when a person wants it, all else when the journal counts on it', async () => {
  const waiting: (() => void)[] = []
  const server = createServer((request, response) => {
    request.resume().on('end', () => waiting.push(() => response.end('{"ok":true}')))
  })
  const url = await listen(server)
  const http = mintHttp({ url, clock: { now: () => Date.now() }, timeoutMs: 60_000, questionMs: 50 })
  const outcomes = ['/v1/swap', '/v1/mint/bolt11', '/v1/melt/bolt11', '/v1/checkstate', '/v1/restore']
  const patient = outcomes.map(async (path) => http.ask(path, answer, { body: '{}' }))
  const questions = [
    ...['/v1/info', '/v1/keysets', '/v1/keys/00', '/v1/mint/quote/bolt11/id'].map(async (path) =>
      http.ask(path, answer),
    ),
    http.ask('/v1/mint/quote/bolt11', answer, { body: '{}' }),
  ]
  for (const reply of await Promise.all(questions))
    expect(reply).toEqual({ status: 'unanswered', reason: 'no answer in 0.05 s' })
  for (const release of waiting) release()
  for (const reply of await Promise.all(patient)) expect(reply).toMatchObject({ status: 'ok' })
})

test('an answer is asked for unpacked: it is small', async () => {
  const server = createServer((request, response) => {
    response.end(JSON.stringify({ ok: request.headers['accept-encoding'] === 'identity' }))
  })
  const http = mintHttp({ url: await listen(server), clock: { now: () => Date.now() }, timeoutMs: 5_000 })
  const ok = { status: 'ok', value: { ok: true } }
  expect(await http.ask('/v1/keysets', answer)).toEqual(ok)
  expect(await http.ask('/v1/swap', answer, { body: '{}' })).toEqual(ok)
})
