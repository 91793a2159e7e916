// Is a relay's own description read, and nothing that is too slow, too large or no description?
import { createServer, type RequestListener } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { startRelay } from '../../src/devnet/relay/start-relay.ts'
import { fetchRelayInformation } from '../../src/nostr/relay-information.ts'
import { unusedAddress } from '../support/faulty-relay.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function serving(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  return `ws://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

test('reads the document of a relay', async () => {
  const relay = await startRelay({ name: 'mine', limits: { maxLimit: 77 } })
  cleanups.push(() => relay.close())
  expect(await fetchRelayInformation(relay.url)).toMatchObject({
    name: 'mine',
    supported_nips: [1, 9, 11, 40],
    limitation: { max_limit: 77, auth_required: false },
  })
})

test('keeps what is sane of a document that is not', async () => {
  const document = { name: 5, supported_nips: 'all', limitation: { max_limit: 'many', auth_required: true } }
  const url = await serving((_request, response) => response.end(JSON.stringify(document)))
  expect(await fetchRelayInformation(url)).toEqual({
    supported_nips: [],
    limitation: { auth_required: true },
  })
})

test.each<[string, RequestListener]>([
  ['answers with a page', (_request, response) => response.end('<html>')],
  ['answers 404', (_request, response) => response.writeHead(404).end('{}')],
  ['redirects', (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
  ['sends more than 64 KiB', (_request, response) => response.end(`{"name":"${'x'.repeat(70_000)}"}`)],
  ['answers a list', (_request, response) => response.end('[]')],
])('gives nothing where the relay %s', async (_name, listener) => {
  expect(await fetchRelayInformation(await serving(listener))).toBeUndefined()
})

test('gives nothing where nobody listens', async () => {
  expect(await fetchRelayInformation(await unusedAddress())).toBeUndefined()
})

test('gives up at the signal where the relay says nothing', async () => {
  const url = await serving(() => {})
  expect(await fetchRelayInformation(url, AbortSignal.timeout(50))).toBeUndefined()
})

test('throws a usage error for what is no relay address', async () => {
  await expect(fetchRelayInformation('http://example.com')).rejects.toMatchObject({ code: 'usage' })
})
