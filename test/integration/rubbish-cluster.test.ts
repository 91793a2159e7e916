// What if something on the way to the API server answers in its place? That is no answer, and the daemon goes on.
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { type ClusterApi, clusterApi } from '../../src/compute/kubernetes/cluster-api.ts'
import { type ClusterConnection, connectCluster } from '../../src/compute/kubernetes/cluster-connection.ts'
import { listAll } from '../../src/compute/kubernetes/follow-list.ts'
import { startKubernetesCompute } from '../../src/compute/kubernetes/kubernetes-compute.ts'
import { placing } from '../../src/compute/kubernetes/placing.ts'
import { readAnswer } from '../../src/compute/kubernetes/read-answer.ts'
import { takeDaemonLease } from '../../src/compute/kubernetes/daemon-lease.ts'
import type { Compute, MachineRequest } from '../../src/provider/compute-port.ts'
import { quietLog } from '../support/quiet-log.ts'
import { testLeaseId, testPodNpub, testPublicKey, testSpecId } from '../support/test-ids.ts'

let body = ''
let connection: ClusterConnection
const server = createServer((_request, response) => response.end(body))
const folder = mkdtempSync(join(tmpdir(), 'paygress-rubbish-'))
const kubeconfig = join(folder, 'kubeconfig')
const random = { bytes: (count: number) => new Uint8Array(count) }
const stopped = new AbortController()
const clock = { now: () => Date.now() }

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
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
  connection = await connectCluster({ kubeconfig }, clock)
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

const lease = testLeaseId(1)
const request: MachineRequest = {
  leaseId: lease,
  podNpub: testPodNpub(1),
  owner: testPublicKey(2),
  specId: testSpecId('basic'),
  cpuMillicores: 100,
  memoryMb: 64,
  image: 'image',
  username: 'paygress',
  hostPrivateKey: 'key',
  podSecretKey: '0'.repeat(64),
}

describe('an object that says nothing', () => {
  const log = quietLog()
  const common = { kubeconfig, namespace: 'n', sshHost: 'h', holdImage: 'i', clock, random, log }
  const open = (more: Partial<Parameters<typeof startKubernetesCompute>[0]> = {}): Promise<Compute> =>
    startKubernetesCompute({ ...common, portRange: { first: 30_000, last: 30_001 }, ...more })

  test.each<[string, (compute: Compute) => Promise<unknown>]>([
    ['check', (compute) => compute.check()],
    ['capacity', (compute) => compute.capacity([])],
    ['reserve', (compute) => compute.reserve(request)],
    ['start', (compute) => compute.start(lease, 60)],
    ['setEnd', (compute) => compute.setEnd(lease, 'paid', new Date(clock.now() + 60_000))],
    // One of these believed, a machine that runs would be taken for gone, and paid back.
    ['end', (compute) => compute.end(lease)],
    ['describe', (compute) => compute.describe(lease)],
    ['list', (compute) => compute.list()],
  ])('is no answer to %s', async (_, ask) => {
    for (const answer of ['{}', `{"kind":"Job","metadata":{"labels":{"paygress.io/lease":"${lease}"}}}`]) {
      body = answer
      for (const namespacePerPod of [false, true]) {
        const compute = await open({ namespacePerPod })
        await expect(ask(compute)).rejects.toMatchObject({ name: 'PaygressError', code: 'failed' })
        await compute.close()
      }
    }
  })

  test('is no trial, and no reason to stop', async () => {
    body = '{}'
    const compute = await open()
    expect(await compute.trial?.()).toMatchObject([
      { level: 'warn', what: expect.stringContaining('cannot be') },
    ])
    await compute.close()
  })

  test('does not keep a daemon from looking for namespaces that are left over, nor from waiting for its turn', async () => {
    body = '{}'
    const compute = await open({ namespacePerPod: true })
    const stop = new AbortController()
    const watching = compute.watch({ onEnd: () => {}, onGap: () => {} }, stop.signal)
    await expect.poll(() => log.lines).toContain('namespaces that are left over could not be looked for')
    const owner = { namespace: 'n', identity: 'i', walletId: 'w' }
    const turn = takeDaemonLease({ ...owner, choice: { kubeconfig }, clock, random, log }, stop.signal)
    await expect.poll(() => log.lines).toContain('the cluster has not answered yet')
    stop.abort(new Error('enough'))
    await expect(turn).rejects.toThrow('enough')
    await watching
    await compute.close()
  })
})

test('a Job of ours that cannot be read stands for a machine that is there', async () => {
  const labels = `{"app":"paygress-ssh-pod","paygress.io/lease":"${lease}"}`
  body = `{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"labels":${labels}}},{"metadata":{}}]}`
  const compute = await startKubernetesCompute({
    ...{ kubeconfig, namespace: 'n', sshHost: 'h', holdImage: 'i', clock, random, log: quietLog() },
    portRange: { first: 30_000, last: 30_001 },
  })
  expect(await compute.list()).toEqual([{ leaseId: lease, state: 'unknown' }])
  await compute.close()
})

test('another Job of the name of the machine is none', async () => {
  body = '{"kind":"Job","metadata":{"labels":{"paygress.io/lease":"another"}}}'
  const compute = await startKubernetesCompute({
    ...{ kubeconfig, namespace: 'n', sshHost: 'h', holdImage: 'i', clock, random, log: quietLog() },
    portRange: { first: 30_000, last: 30_001 },
  })
  expect(await compute.describe(lease)).toBeUndefined()
  await compute.close()
})

test('an answer is what its schema reads, or a problem', () => {
  const schema = z.object({ a: z.number() })
  expect(readAnswer({ ok: true, body: { a: 1, b: 2 } }, schema)).toEqual({ ok: true, body: { a: 1 } })
  expect(readAnswer({ ok: true, body: { a: 'x' } }, schema)).toMatchObject({
    ok: false,
    problem: { kind: 'unavailable' },
  })
})
