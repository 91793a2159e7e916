// What if something on the way to the API server answers in its place? That is no answer, and the daemon goes on.
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ClusterApi, clusterApi } from '../../src/compute/kubernetes/cluster-api.ts'
import { type ClusterConnection, connectCluster } from '../../src/compute/kubernetes/cluster-connection.ts'
import { listAll } from '../../src/compute/kubernetes/follow-list.ts'
import { placing } from '../../src/compute/kubernetes/placing.ts'

let body = ''
let connection: ClusterConnection
const server = createServer((_request, response) => response.end(body))
const folder = mkdtempSync(join(tmpdir(), 'paygress-rubbish-'))

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'c', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } },
      ],
      users: [{ name: 'u', user: {} }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  )
  connection = await connectCluster({ kubeconfig }, { now: () => Date.now() })
})

afterAll(async () => {
  await connection.close()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

test.each([
  ['a page of a proxy', '<html>Please log in</html>'],
  ['nothing', ''],
  ['null', 'null'],
  ['a list of no objects', '{"metadata":{"resourceVersion":"1"},"items":null}'],
  ['an object that is no list', '{"kind":"Status"}'],
])('%s in place of a list is a cluster that does not answer now', async (_what, answer) => {
  body = answer
  const sent = await connection.send({ method: 'GET', path: '/apis/batch/v1/jobs' })
  const api: ClusterApi = {
    ...clusterApi(connection, placing({ namespace: 'n' }), random, stopped.signal),
    list: async () => sent,
  }
  expect(await listAll(api, 'jobs', (object) => object)).toMatchObject({
    problem: { kind: 'unavailable', message: 'the API server answered with something that cannot be read' },
  })
})

const random = { bytes: (count: number) => new Uint8Array(count) }
const stopped = new AbortController()
