// What becomes of leases when the API server falls over, others write at the same time, or somebody deletes a Job?
import { expect, onTestFinished, test } from 'vitest'
import type { LeaseId } from '../../src/core/ids.ts'
import type { EndReason } from '../../src/provider/compute-port.ts'
import { clusterApi } from '../../src/compute/kubernetes/cluster-api.ts'
import { placing } from '../../src/compute/kubernetes/placing.ts'
import { connectCluster } from '../../src/compute/kubernetes/cluster-connection.ts'
import { watchFrom } from '../../src/compute/kubernetes/follow-list.ts'
import type { Followed } from '../../src/compute/kubernetes/follow-list.ts'
import { jobName } from '../../src/compute/kubernetes/object-names.ts'
import { machineRequest } from '../contract/compute-contract.ts'
import { openCompute } from '../support/kubernetes-setup.ts'
import { controllersCaughtUp } from '../support/kubernetes/controllers-caught-up.ts'
import { quietLog } from '../support/quiet-log.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { namesOf, openPlace, podUids, useCluster } from './rented-place.ts'
import { NODE_HOST } from '../support/node/node-host.ts'

const MERGE_PATCH = 'application/merge-patch+json'

requirePeer('cluster')('leases in bad weather', () => {
  const place = useCluster()
  const inSeconds = (seconds: number): Date => new Date(Math.ceil(Date.now() / 1000 + seconds) * 1000)

  test('an API server that dies during reserve leaves one of each object', async () => {
    const { compute, namespace } = await openPlace(place)
    const requests = [1, 2, 3, 4, 5].map((n) => machineRequest(n))
    const reserving = requests.map(async (request) => compute.reserve(request))
    place.cluster.crashApiServer()
    const addresses = await Promise.all(reserving)
    await place.cluster.restartApiServer()
    expect(new Set(addresses.map(({ port }) => port)).size).toBe(5)
    expect(await Promise.all(requests.map(async (request) => compute.reserve(request)))).toEqual(addresses)
    const names = requests.map(({ leaseId }) => jobName(leaseId))
    expect(await namesOf(namespace, 'jobs')).toEqual(names)
    expect(await namesOf(namespace, 'services')).toEqual(names.map((name) => `${name}-ssh`))
    expect(await namesOf(namespace, 'secrets')).toEqual(names.map((name) => `${name}-access`))
  })

  test('an API server that dies during start, extension and end only delays them', async () => {
    const { compute, namespace } = await openPlace(place)
    const request = machineRequest(1)
    await compute.reserve(request)
    const starting = compute.start(request.leaseId, 200)
    place.cluster.crashApiServer()
    await starting
    const before = await compute.waitReady(request.leaseId, AbortSignal.timeout(120_000))

    const end = inSeconds(300)
    const moving = compute.setEnd(request.leaseId, 'payment', end)
    place.cluster.crashApiServer()
    expect(await moving).toEqual({ expiresAt: end })
    expect(await compute.setEnd(request.leaseId, 'payment', inSeconds(900))).toEqual({ expiresAt: end })

    const ending = compute.end(request.leaseId)
    place.cluster.crashApiServer()
    expect(await ending).toMatchObject({ startedAt: before.startedAt })
    await controllersCaughtUp(place.cluster.kubeconfig)
    for (const kind of ['jobs', 'services', 'secrets'] as const)
      await expect.poll(async () => namesOf(namespace, kind), { timeout: 120_000 }).toEqual([])
  })

  test('a watch that the API server took along is taken up again, and its gap is said', async () => {
    const { compute, rent } = await openPlace(place)
    const told: [LeaseId, EndReason][] = []
    let gaps = 0
    const stop = new AbortController()
    const watching = compute.watch(
      { onEnd: (lease, reason) => void told.push([lease, reason]), onGap: () => (gaps += 1) },
      stop.signal,
    )
    const lease = await rent(1, 60)
    await place.cluster.restartApiServer()
    await expect.poll(() => gaps, { timeout: 60_000 }).toBeGreaterThan(0)
    const second = await rent(2)
    await compute.setEnd(second, 'payment', inSeconds(1))
    await compute.end(lease)
    await expect.poll(() => told, { timeout: 10_000 }).toContainEqual([lease, 'ended'])
    await expect.poll(() => told, { timeout: 10_000 }).toContainEqual([second, 'expired'])
    expect(told).toHaveLength(2)
    stop.abort()
    await watching
  })

  test('a watch from before what the API server remembers ends at once, for a new list', async () => {
    const { namespace } = await openPlace(place)
    await place.cluster.restartApiServer()
    const random = { bytes: (count: number) => new Uint8Array(count) }
    const connection = await connectCluster({ kubeconfig: place.cluster.kubeconfig }, Date)
    const signal = AbortSignal.timeout(20_000)
    const api = clusterApi(connection, placing({ namespace: namespace.name }), random, signal)
    const followed: Followed<unknown> = {
      kind: 'jobs',
      read: (object) => object,
      relistMs: 60_000,
      onList: () => undefined,
      onChange: () => undefined,
      onGap: () => undefined,
    }
    const before = { from: '1', wanted: new AbortController().signal }
    expect(await watchFrom({ api, random, log: quietLog(), signal }, followed, before)).toEqual({
      why: 'the watch is too old',
      heard: false,
    })
    await connection.close()
  })

  test('ends are moved through a storm of other writers, each once', async () => {
    const { compute, namespace, rent } = await openPlace(place)
    const lease = await rent(1)
    let stormy = true
    let writes = 0
    const storm = [1, 2, 3].map(async (writer) => {
      while (stormy) {
        writes += 1
        await namespace.ask({
          method: 'PATCH',
          path: namespace.path(`jobs/${jobName(lease)}`),
          contentType: MERGE_PATCH,
          body: { metadata: { annotations: { [`writer-${writer}`]: String(writes) } } },
        })
      }
    })
    const calm = async (): Promise<void> => {
      stormy = false
      await Promise.all(storm)
    }
    onTestFinished(calm)
    const first = inSeconds(400)
    let moves = 0
    while (moves < 5 || writes < 30) {
      moves += 1
      await compute.setEnd(lease, `topup-${moves}`, new Date(first.getTime() + moves * 1000))
    }
    const last = new Date(first.getTime() + moves * 1000)
    expect(await compute.setEnd(lease, 'topup-1', inSeconds(4_000))).toEqual({ expiresAt: last })
    await calm()
    const machine = await compute.describe(lease)
    expect(machine).toMatchObject({ state: 'running', machine: { expiresAt: last } })
  })

  test('two daemons that move the same end at once move it once', async () => {
    const { compute, namespace, rent } = await openPlace(place)
    const lease = await rent(1)
    const other = await openCompute(place.cluster.kubeconfig, namespace.name)
    // Both have heard of the lease, so that neither asks before it writes.
    await other.waitReady(lease, AbortSignal.timeout(15_000))
    const [first, second] = [inSeconds(200), inSeconds(300)]
    for (const operation of ['payment', 'topup-1', 'topup-2', 'topup-3']) {
      const ends = await Promise.all([
        compute.setEnd(lease, operation, first),
        other.setEnd(lease, operation, second),
      ])
      expect(ends[0]).toEqual(ends[1])
    }
    await other.close()
  })

  test('a Job deleted by an administrator is told as a fault, and is known to be gone', async () => {
    const { compute, namespace, rent } = await openPlace(place)
    const told: [LeaseId, EndReason][] = []
    const stop = new AbortController()
    const watching = compute.watch(
      { onEnd: (lease, reason) => void told.push([lease, reason]), onGap: () => undefined },
      stop.signal,
    )
    const lease = await rent(1)
    await namespace.ask({
      method: 'DELETE',
      path: namespace.path(`jobs/${jobName(lease)}`),
      body: { propagationPolicy: 'Background' },
    })
    await expect.poll(() => told, { timeout: 20_000 }).toEqual([[lease, 'failed']])
    await expect.poll(async () => compute.describe(lease), { timeout: 20_000 }).toBeUndefined()
    await expect(compute.setEnd(lease, 'late', inSeconds(100))).rejects.toMatchObject({ code: 'pod_ended' })
    await expect(compute.waitReady(lease, AbortSignal.timeout(15_000))).rejects.toMatchObject({
      code: 'machine_failed',
    })
    stop.abort()
    await watching
  })

  test('an SSH server that ended runs again in place; a pod that ended is made again at the same address', async () => {
    // The API server has died before, in other tests.
    await controllersCaughtUp(place.cluster.kubeconfig)
    const { compute, namespace, rent } = await openPlace(place)
    const lease = await rent(1, 120)
    const end = inSeconds(200)
    await compute.setEnd(lease, 'payment', end)
    const before = await compute.waitReady(lease, AbortSignal.timeout(15_000))
    const [first] = await podUids(namespace, lease)
    await place.node.restartSsh(lease)
    expect(await compute.waitReady(lease, AbortSignal.timeout(15_000))).toEqual(before)
    expect(await podUids(namespace, lease)).toEqual([first])

    await place.node.endPod(lease, 143)
    await expect
      .poll(async () => (await podUids(namespace, lease)).filter((uid) => uid !== first), { timeout: 20_000 })
      .toHaveLength(1)
    expect(await compute.waitReady(lease, AbortSignal.timeout(10_000))).toEqual(before)
    expect(await compute.describe(lease)).toMatchObject({ state: 'running', machine: { expiresAt: end } })
  })

  test('a question that meets a dying API server is asked again; without an answer it fails and ends nothing', async () => {
    const { namespace, rent } = await openPlace(place)
    const lease = await rent(1)
    const away = await openCompute(place.cluster.kubeconfig, namespace.name)
    place.cluster.crashApiServer()
    const described = await away.describe(lease)
    // Whether SSH has answered is not known to a daemon that has not asked.
    expect(described).toMatchObject({ leaseId: lease, machine: { host: NODE_HOST } })
    await away.close()
    await expect(away.describe(lease)).rejects.toMatchObject({ code: 'failed', retryable: true })
  })
})
