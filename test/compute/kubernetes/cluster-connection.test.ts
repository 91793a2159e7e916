// What does a connection know of the API server's clock? What its answers told, and how long they took.
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { connectCluster } from '../../../src/compute/kubernetes/cluster-connection.ts'
import { temporaryFolder } from '../../support/peers/temporary-folder.ts'

const DATE = 'Sat, 21 Nov 2026 12:00:00 GMT'
const DELAY_MS = 300
const PLAIN = 'insecure-skip-tls-verify: true'

test('the time of the server is as wide as the answer took, whatever our clock says', async () => {
  const server = createServer((_request, response) => {
    void pause(DELAY_MS).then(() => response.writeHead(200, { date: DATE }).end('{}'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.close()
    await once(server, 'close')
  })
  const { port } = server.address() as AddressInfo
  const kubeconfig = join(temporaryFolder('kubeconfig'), 'kubeconfig')
  const cluster = `clusters: [{ name: one, cluster: { server: 'http://127.0.0.1:${port}', ${PLAIN} } }]`
  const context = `contexts: [{ name: one, context: { cluster: one, user: me } }]`
  writeFileSync(kubeconfig, ['current-context: one', cluster, context, 'users: [{ name: me }]'].join('\n'))
  const connection = await connectCluster({ kubeconfig }, { now: () => Date.parse(DATE) + 60_500 })
  onTestFinished(async () => connection.close())

  expect(connection.serverClock.now()).toBeUndefined()
  expect(await connection.send({ method: 'GET', path: '/version' })).toEqual({ ok: true, body: {} })
  const { from, to } = connection.serverClock.now() ?? { from: Number.NaN, to: Number.NaN }
  expect(from).toBeGreaterThanOrEqual(Date.parse(DATE))
  expect(to - from).toBeGreaterThanOrEqual(1_000 + DELAY_MS - 5)
  expect(connection.serverClock.offsetSec()).toBe(60)
})
