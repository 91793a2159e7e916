// Do machines get ports of their node, each its own, where the operator chose that instead of node ports?
import { expect, test } from 'vitest'
import { machineRequest } from '../contract/compute-contract.ts'
import { openCompute } from '../support/kubernetes-setup.ts'
import { NODE_HOST } from '../support/node/node-host.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { namesOf, openPlace, useCluster } from './rented-place.ts'

// Below the cluster's node ports.
const PORTS = { first: 29_400, last: 29_409 }

requirePeer('cluster')('ports of the node', () => {
  const place = useCluster()
  const open = (portRange = PORTS) => openPlace(place, { exposure: 'hostport', portRange })

  test('are where SSH answers, and cost no Service', async () => {
    const { compute, namespace, rent } = await open()
    const machine = await compute.describe(await rent(1))
    expect(machine).toMatchObject({ state: 'running', machine: { host: NODE_HOST } })
    expect(await namesOf(namespace, 'services')).toEqual([])
    expect(place.node.problems).toEqual([])
  })

  test('are given to one lease each, and given again when it has ended', async () => {
    const { compute } = await open({ first: 29_410, last: 29_411 })
    const both = await Promise.all([1, 2].map(async (n) => compute.reserve(machineRequest(n))))
    expect(new Set(both.map(({ port }) => port))).toEqual(new Set([29_410, 29_411]))
    await expect(compute.reserve(machineRequest(3))).rejects.toMatchObject({ code: 'busy' })
    await compute.end(machineRequest(1).leaseId)
    await expect
      .poll(async () => compute.reserve(machineRequest(3)).catch(() => undefined), { timeout: 10_000 })
      .toMatchObject({ port: both[0]?.port })
  })

  test('are not given twice by a daemon that has only just started', async () => {
    const portRange = { first: 29_412, last: 29_412 }
    const { compute, namespace } = await open(portRange)
    await compute.reserve(machineRequest(1))
    const changes = { exposure: 'hostport', portRange } as const
    const restarted = await openCompute(place.cluster.kubeconfig, namespace.name, changes)
    await expect(restarted.reserve(machineRequest(2))).rejects.toMatchObject({
      code: 'busy',
      message: 'No available ports in the configured range',
    })
    expect(await restarted.reserve(machineRequest(1))).toMatchObject({ port: 29_412 })
    await restarted.close()
  })

  test.each([
    ['lies among the node ports', { first: 32_000, last: 32_010 }],
    ['begins below and ends among them', { first: 29_990, last: 30_010 }],
    ['begins below and ends above them', { first: 29_000, last: 33_000 }],
  ])('are refused where their range %s', async (_where, portRange) => {
    const { compute, namespace } = await open(portRange)
    const { ok, findings } = await compute.check()
    expect(ok).toBe(false)
    expect(findings.find(({ level }) => level === 'fail')).toMatchObject({
      what: expect.stringContaining('reaches into the node ports'),
      fix: expect.stringContaining('SSH_EXPOSURE=nodeport'),
    })
    expect(await namesOf(namespace, 'services')).toEqual([])
  })

  test('outside the node ports are taken, and said to need a privileged namespace', async () => {
    const { compute } = await open()
    const { ok, findings } = await compute.check()
    expect(ok).toBe(true)
    expect(findings.filter(({ level }) => level === 'warn')).toMatchObject([
      { what: expect.stringContaining('must admit privileged pods') },
    ])
    expect(await compute.trial?.()).toMatchObject([{ level: 'ok' }])
  })

  test('in a namespace that admits none of them: the check says how to admit them, an order ends with its reason', async () => {
    const { compute, namespace } = await open()
    const setLevel = async (level: string): Promise<unknown> =>
      namespace.ask({
        method: 'PATCH',
        path: `/api/v1/namespaces/${namespace.name}`,
        contentType: 'application/merge-patch+json',
        body: { metadata: { labels: { 'pod-security.kubernetes.io/enforce': level } } },
      })
    await setLevel('baseline')
    expect(await compute.trial?.()).toMatchObject([
      {
        level: 'fail',
        what: 'no machine can run: the namespace does not admit the machine',
        fix: `kubectl label namespace ${namespace.name} pod-security.kubernetes.io/enforce=privileged --overwrite admits ports of the node`,
      },
    ])
    const { leaseId } = machineRequest(1)
    await compute.reserve(machineRequest(1))
    await compute.start(leaseId, 60)
    await expect(compute.waitReady(leaseId, AbortSignal.timeout(15_000))).rejects.toMatchObject({
      code: 'machine_failed',
      message: 'the namespace does not admit the machine',
    })
    await setLevel('privileged')
    expect(await compute.trial?.()).toMatchObject([{ level: 'ok' }])
  })

  test('are admitted by the namespace that a lease has of its own', async () => {
    const { rent } = await openPlace(place, { exposure: 'hostport', portRange: PORTS, namespacePerPod: true })
    await expect(rent(1)).resolves.toBe(machineRequest(1).leaseId)
  })
})
