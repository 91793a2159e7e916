// What becomes of a lease that the cluster has no room for, or does not want?
import { expect, test } from 'vitest'
import * as z from 'zod'
import { isLeaseId } from '../../src/core/ids.ts'
import { jobName } from '../../src/compute/kubernetes/object-names.ts'
import { machineRequest } from '../contract/compute-contract.ts'
import { openCompute } from '../support/kubernetes-setup.ts'
import { makeNamespace, type TestNamespace } from '../support/namespace.ts'
import { until } from '../support/peers/until.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { testLeaseId, testSpecId } from '../support/test-ids.ts'
import { namesOf, openPlace, useCluster } from './rented-place.ts'
import { NODE_HOST } from '../support/node/node-host.ts'

const SPEC = { id: testSpecId('standard'), cpuMillicores: 500, memoryMb: 256 }

requirePeer('cluster')('leases that a cluster refuses', () => {
  const place = useCluster()

  async function takePort(namespace: TestNamespace, port: number): Promise<void> {
    const spec = { type: 'NodePort', ports: [{ port: 22, nodePort: port }] }
    const metadata = { name: `taken-${port}` }
    await namespace.ask({
      method: 'POST',
      path: namespace.path('services'),
      body: { apiVersion: 'v1', kind: 'Service', metadata, spec },
    })
  }

  async function limit(namespace: TestNamespace, hard: Record<string, string>): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'limits' }, spec: { hard } }
    await namespace.ask({ method: 'POST', path: namespace.path('resourcequotas'), body })
    await until('the quota is counted', async () => {
      const quota = await namespace.ask({ method: 'GET', path: namespace.path('resourcequotas/limits') })
      return z.object({ status: z.object({ hard: z.object({}) }) }).safeParse(quota).success
    })
  }

  test('ports that others have are left to them; without one left nothing stays behind', async () => {
    const others = await makeNamespace(place.cluster.kubeconfig)
    for (const port of [32_000, 32_001, 32_003, 32_004]) await takePort(others, port)
    const { compute, namespace } = await openPlace(place, { portRange: { first: 32_000, last: 32_004 } })
    expect(await compute.reserve(machineRequest(1))).toEqual({ host: NODE_HOST, port: 32_002 })
    expect(await compute.capacity([SPEC])).toMatchObject(new Map([[SPEC.id, expect.any(Number)]]))
    await expect(compute.reserve(machineRequest(2))).rejects.toMatchObject({
      code: 'busy',
      message: 'No available ports in the configured range',
    })
    await expect
      .poll(async () => namesOf(namespace, 'jobs'), { timeout: 20_000 })
      .toEqual([jobName(testLeaseId(1))])
    expect(await compute.capacity([SPEC])).toEqual(new Map([[SPEC.id, 0]]))
    await compute.end(testLeaseId(1))
    await expect.poll(async () => namesOf(namespace, 'services'), { timeout: 20_000 }).toEqual([])
    expect(await compute.reserve(machineRequest(3))).toEqual({ host: NODE_HOST, port: 32_002 })
    await others.dispose()
  })

  test('two providers on one range never get the same port', async () => {
    const range = { portRange: { first: 32_010, last: 32_029 } }
    const [one, two] = [await openPlace(place, range), await openPlace(place, range)]
    const requests = Array.from({ length: 10 }, (_, n) => machineRequest(n + 1))
    const addresses = await Promise.all(
      requests.flatMap((request) => [one.compute.reserve(request), two.compute.reserve(request)]),
    )
    expect(new Set(addresses.map(({ port }) => port)).size).toBe(20)
    await expect(one.compute.reserve(machineRequest(11))).rejects.toMatchObject({ code: 'busy' })
  })

  test('a quota limits what is offered, what is reserved and what is started, in words', async () => {
    const { compute, namespace } = await openPlace(place)
    await limit(namespace, { 'count/jobs.batch': '2', 'requests.cpu': '501m', pods: '5' })
    expect(await compute.capacity([SPEC])).toEqual(new Map([[SPEC.id, 1]]))
    const [one, two] = [machineRequest(1), machineRequest(2)]
    await compute.reserve(one)
    await compute.reserve(two)
    await expect(compute.reserve(machineRequest(3))).rejects.toMatchObject({
      code: 'busy',
      message: 'the quota of the namespace is used up',
    })
    await compute.start(one.leaseId, 60)
    await compute.waitReady(one.leaseId, AbortSignal.timeout(10_000))
    await compute.start(two.leaseId, 60)
    await expect(compute.waitReady(two.leaseId, AbortSignal.timeout(20_000))).rejects.toMatchObject({
      code: 'machine_failed',
      message: 'the quota of the namespace is used up',
    })
  })

  test('an image that cannot be pulled and a machine too large for every node end early, with the reason', async () => {
    const { compute } = await openPlace(place)
    const missing = machineRequest(1, { image: 'registry.example/missing:1' })
    const huge = machineRequest(2, { cpuMillicores: 65_000 })
    for (const request of [missing, huge]) {
      await compute.reserve(request)
      await compute.start(request.leaseId, 120)
    }
    const waits = [missing, huge].map(async ({ leaseId }) =>
      compute.waitReady(leaseId, AbortSignal.timeout(60_000)),
    )
    const [image, size] = await Promise.allSettled(waits)
    expect(image).toMatchObject({ reason: { code: 'machine_failed', message: 'the image cannot be pulled' } })
    expect(size).toMatchObject({
      reason: { code: 'machine_failed', message: 'no node has room for the machine' },
    })
  })

  test('text that means something to a shell is only text, and what the API server refuses is said without it', async () => {
    const { compute, namespace } = await openPlace(place)
    const image = 'x/$(touch /tmp/x);`id`\n--'
    await compute.reserve(machineRequest(1, { image, password: '$(id)\'"`;\n{{' }))
    const job = await namespace.ask({
      method: 'GET',
      path: namespace.path(`jobs/${jobName(testLeaseId(1))}`),
    })
    const containers = z
      .object({
        spec: z.object({
          template: z.object({
            spec: z.object({
              initContainers: z.array(
                z.object({ image: z.string(), command: z.array(z.string()).optional() }),
              ),
            }),
          }),
        }),
      })
      .parse(job).spec.template.spec.initContainers
    // What prepares the machine is the provider's own.
    expect(containers.map((container) => container.image)).toEqual(['paygress/ssh:latest', image])
    expect(JSON.stringify(containers.map(({ command }) => command))).not.toContain('touch')
    const secret = 's3cret'.repeat(300_000)
    await expect(compute.reserve(machineRequest(2, { password: secret }))).rejects.toSatisfy(
      (error: Error) => !error.message.includes('s3cret') && error.message.includes('refuses'),
    )
  })

  test('a name that another lease has is left alone', async () => {
    const { compute } = await openPlace(place)
    const request = machineRequest(1)
    await compute.reserve(request)
    const text = testLeaseId(1).replace(/0$/, 'f')
    if (!isLeaseId(text)) throw new Error('no lease')
    const other = machineRequest(1, { leaseId: text })
    await expect(compute.reserve(other)).rejects.toMatchObject({ code: 'machine_failed' })
    await expect(compute.start(other.leaseId, 60)).rejects.toMatchObject({ code: 'machine_failed' })
    expect(await compute.end(other.leaseId)).toBeUndefined()
    expect(await compute.describe(request.leaseId)).toMatchObject({ state: 'reserved' })
  })

  test('a namespace that is missing, or ending, is named with what to do', async () => {
    const missing = await openCompute(place.cluster.kubeconfig, 'nowhere')
    const found = await missing.check()
    expect(found.ok).toBe(false)
    expect(found.findings.find(({ level }) => level === 'fail')).toMatchObject({
      what: expect.stringContaining('namespaces "nowhere" not found'),
      fix: expect.stringContaining('kubectl create namespace'),
    })
    await expect(missing.reserve(machineRequest(1))).rejects.toMatchObject({ code: 'failed' })
    await missing.close()

    const namespace = await makeNamespace(place.cluster.kubeconfig)
    const metadata = { name: 'keep', finalizers: ['paygress.test/keep'] }
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata }
    await namespace.ask({ method: 'POST', path: namespace.path('configmaps'), body: config })
    await namespace.ask({ method: 'DELETE', path: `/api/v1/namespaces/${namespace.name}` })
    const ending = await openCompute(place.cluster.kubeconfig, namespace.name)
    await expect(ending.reserve(machineRequest(1))).rejects.toMatchObject({
      code: 'failed',
      hint: expect.stringContaining('namespace'),
    })
    await ending.close()
    await namespace.ask({
      method: 'PATCH',
      path: namespace.path('configmaps/keep'),
      contentType: 'application/merge-patch+json',
      body: { metadata: { finalizers: null } },
    })
    await namespace.dispose()
  })

  test('a port range outside the node ports is named with what to do', async () => {
    const { compute, namespace } = await openPlace(place, { portRange: { first: 2_200, last: 2_300 } })
    const { ok, findings } = await compute.check()
    expect(ok).toBe(false)
    expect(await namesOf(namespace, 'services')).toEqual([])
    expect(findings.find(({ level }) => level === 'fail')).toMatchObject({
      what: "SSH_PORT_RANGE 2200-2300 is not within the node ports: the cluster's node ports are 30000-32767",
      fix: expect.stringContaining('SSH_EXPOSURE=hostport'),
    })
  })
})
