// Does the cluster end a machine when its paid time is over, whatever clocks and late top-ups do?
import { expect, test } from 'vitest'
import * as z from 'zod'
import { jobName } from '../../src/compute/kubernetes/object-names.ts'
import type { LeaseId } from '../../src/core/ids.ts'
import { openCompute } from '../support/kubernetes-setup.ts'
import type { TestNamespace } from '../support/namespace.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { setTimeout as pause } from 'node:timers/promises'
import { machineRequest } from '../contract/compute-contract.ts'
import { testLeaseId } from '../support/test-ids.ts'
import { openPlace, podUids, useCluster } from './rented-place.ts'

const jobSchema = z.object({
  spec: z.object({ activeDeadlineSeconds: z.number() }),
  status: z.object({
    startTime: z.string(),
    conditions: z.array(z.object({ type: z.string(), reason: z.string().optional() })).default([]),
  }),
})

requirePeer('cluster')('the time of a lease', () => {
  const place = useCluster()
  const inSeconds = (seconds: number): Date => new Date(Math.ceil(Date.now() / 1000 + seconds) * 1000)

  async function jobOf(namespace: TestNamespace, lease: LeaseId): Promise<z.output<typeof jobSchema>> {
    return jobSchema.parse(
      await namespace.ask({ method: 'GET', path: namespace.path(`jobs/${jobName(lease)}`) }),
    )
  }

  test('has ten seconds more than were paid for, which nobody is told of', async () => {
    const { compute, namespace, rent } = await openPlace(place, { graceSec: 10 })
    const lease = await rent(1)
    const end = inSeconds(90)
    expect(await compute.setEnd(lease, 'payment', end)).toEqual({ expiresAt: end })
    const { spec, status } = await jobOf(namespace, lease)
    expect(Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000).toBe(end.getTime() + 10_000)
    expect(await compute.describe(lease)).toMatchObject({ machine: { expiresAt: end } })
  })

  test('is over for top-ups at the paid end, though the machine still runs', async () => {
    const { compute, rent } = await openPlace(place, { graceSec: 30 })
    const lease = await rent(1)
    const end = inSeconds(1)
    await compute.setEnd(lease, 'payment', end)
    await expect.poll(() => Date.now(), { timeout: 5_000 }).toBeGreaterThan(end.getTime())
    expect(await compute.describe(lease)).toMatchObject({ state: 'running' })
    await expect(compute.setEnd(lease, 'late', inSeconds(60))).rejects.toMatchObject({ code: 'pod_ended' })
    // What was done before may still be asked.
    expect(await compute.setEnd(lease, 'payment', inSeconds(60))).toEqual({ expiresAt: end })
  })

  test('never becomes a deadline that the controller cannot count', async () => {
    const { compute, rent } = await openPlace(place)
    const lease = await rent(1)
    for (const end of [new Date(Date.now() + 2 ** 31 * 1000), new Date(8.64e15)]) {
      await expect(compute.setEnd(lease, `far-${end.getTime()}`, end)).rejects.toMatchObject({
        code: 'machine_failed',
      })
    }
    const far = new Date((Math.ceil(Date.now() / 1000) + 2_000_000_000) * 1000)
    expect(await compute.setEnd(lease, 'far', far)).toEqual({ expiresAt: far })
    expect(await compute.describe(lease)).toMatchObject({ state: 'running', machine: { expiresAt: far } })
  })

  test('cannot be moved after the Job has finished, also by a daemon that has not heard of it', async () => {
    const { compute, namespace, rent } = await openPlace(place)
    const lease = await rent(1, 8)
    await expect.poll(async () => (await compute.describe(lease))?.state, { timeout: 20_000 }).toBe('ended')
    const other = await openCompute(place.cluster.kubeconfig, namespace.name)
    for (const daemon of [compute, other]) {
      await expect(daemon.setEnd(lease, 'late', inSeconds(60))).rejects.toMatchObject({ code: 'pod_ended' })
    }
    await other.close()
    const { spec } = await jobOf(namespace, lease)
    expect(spec.activeDeadlineSeconds).toBe(9)
  })

  test.each([-120, 120])(
    'is as long as it was paid for with a daemon whose clock is %i s off',
    async (skewSec) => {
      const clock = { now: () => Date.now() + skewSec * 1000 }
      const { compute, namespace, rent } = await openPlace(place, { clock })
      const lease = await rent(1)
      const end = new Date(inSeconds(4).getTime() + skewSec * 1000)
      expect(await compute.setEnd(lease, 'payment', end)).toEqual({ expiresAt: end })
      const { spec, status } = await jobOf(namespace, lease)
      const enforced = Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000
      // The server tells its time in whole seconds.
      expect(Math.abs(enforced - 1_000 - (end.getTime() - skewSec * 1000))).toBeLessThanOrEqual(1_000)
      const restarted = await openCompute(place.cluster.kubeconfig, namespace.name, { clock })
      expect(await restarted.describe(lease)).toMatchObject({ machine: { expiresAt: end } })
      await restarted.close()
      await expect.poll(async () => (await compute.describe(lease))?.state, { timeout: 15_000 }).toBe('ended')
      const machine = await compute.describe(lease)
      expect(machine).toMatchObject({ reason: 'expired', endedAt: end })
    },
  )

  test('a top-up in the last moments either keeps the very machine or is refused', async () => {
    const { compute, namespace, rent } = await openPlace(place)
    const leases: LeaseId[] = []
    for (let n = 1; n <= 16; n++) leases.push(await rent(n))
    const end = inSeconds(4)
    await Promise.all(leases.map(async (lease) => compute.setEnd(lease, 'payment', end)))
    const pods = new Map(
      await Promise.all(
        leases.map(async (lease): Promise<[LeaseId, string[]]> => [lease, await podUids(namespace, lease)]),
      ),
    )
    const later = new Date(end.getTime() + 600_000)
    // From 1.5 s before the paid end to 0.3 s after the enforced one.
    const outcomes = await Promise.all(
      leases.map(async (lease, at) => {
        await pause(Math.max(0, end.getTime() - 1_500 + at * 190 - Date.now()))
        return compute.setEnd(lease, 'last-moment', later).then(
          () => 'kept',
          (error: unknown) => z.object({ code: z.string() }).parse(error).code,
        )
      }),
    )
    expect(new Set(outcomes)).toEqual(new Set(['kept', 'pod_ended']))
    await pause(Math.max(0, end.getTime() + 4_000 - Date.now()))
    const seen = await Promise.all(
      leases.map(async (lease) => {
        const machine = await compute.describe(lease)
        if (machine?.state !== 'running') return { state: 'ended', pods: [] }
        const { state, machine: running } = machine
        return { state, end: running.expiresAt, pods: await podUids(namespace, lease) }
      }),
    )
    const kept = (lease: LeaseId): object => ({ state: 'running', end: later, pods: pods.get(lease) })
    const expected = leases.map((lease, at) =>
      outcomes[at] === 'kept' ? kept(lease) : { state: 'ended', pods: [] },
    )
    expect(seen).toEqual(expected)
  })

  test('a top-up that the controller races is never taken for a machine that goes', async () => {
    let setBackMs = 0
    const clock = { now: () => Date.now() - setBackMs }
    const { compute, namespace, rent } = await openPlace(place, { clock })
    const leases: LeaseId[] = []
    for (let n = 1; n <= 16; n++) leases.push(await rent(n))
    const end = inSeconds(8)
    await Promise.all(leases.map(async (lease) => compute.setEnd(lease, 'payment', end)))
    const before = await Promise.all(leases.map(async (lease) => podUids(namespace, lease)))
    // A daemon whose clock was set back takes itself to be early until its first answer: so each lease has a daemon of its own.
    const daemons = await Promise.all(
      leases.map(async (lease) => {
        const daemon = await openCompute(place.cluster.kubeconfig, namespace.name, { clock })
        await daemon.waitReady(lease, AbortSignal.timeout(5_000))
        return daemon
      }),
    )
    setBackMs = 20_000
    const later = new Date(end.getTime() + 600_000)
    const outcomes = await Promise.all(
      daemons.map(async (daemon, at) => {
        // Dense where the controller is at work, and the last ones surely after it.
        await pause(Math.max(0, end.getTime() + 970 + at ** 2 * 5 - Date.now()))
        return daemon.setEnd(leases[at] ?? testLeaseId(0), 'racing', later).then(
          () => 'running',
          () => 'ended',
        )
      }),
    )
    const states = async (): Promise<string[]> =>
      Promise.all(leases.map(async (lease) => (await compute.describe(lease))?.state ?? 'ended'))
    await expect.poll(states, { timeout: 30_000, interval: 500 }).toEqual(outcomes)
    const podsNow = async (): Promise<string[][]> =>
      Promise.all(leases.map(async (lease) => podUids(namespace, lease)))
    const expected = before.map((uids, at) => (outcomes[at] === 'running' ? uids : []))
    await expect.poll(podsNow, { timeout: 30_000, interval: 500 }).toEqual(expected)
    expect(outcomes).toContain('ended')
    for (const daemon of daemons) await daemon.close()
  })

  test('a top-up that was written by a daemon that died is found done only where the very machine is there', async () => {
    const { compute, namespace, rent } = await openPlace(place)
    const [kept, replaced] = [await rent(1), await rent(2)]
    const end = inSeconds(4)
    const later = new Date(end.getTime() + 600_000)
    for (const lease of [kept, replaced]) await compute.setEnd(lease, 'payment', end)
    const before = await podUids(namespace, kept)
    const dying = await openCompute(place.cluster.kubeconfig, namespace.name)
    await Promise.all([kept, replaced].map(async (lease) => dying.setEnd(lease, 'racing', later)))
    await dying.close()

    // What the controller does where it had decided before the new end was written.
    const former = await podUids(namespace, replaced)
    await expect.poll(() => Date.now(), { timeout: 15_000 }).toBeGreaterThan(end.getTime() + 2_000)
    const path = namespace.path(`pods?labelSelector=paygress.io/lease=${replaced}`)
    await namespace.ask({ method: 'DELETE', path })
    const isReplaced = async (): Promise<boolean> => {
      const now = await podUids(namespace, replaced)
      return now.length === 1 && now[0] !== former[0]
    }
    await expect.poll(isReplaced, { timeout: 30_000 }).toBe(true)

    const next = await openCompute(place.cluster.kubeconfig, namespace.name)
    expect(await next.setEnd(kept, 'racing', later)).toEqual({ expiresAt: later })
    expect(await podUids(namespace, kept)).toEqual(before)
    await expect(next.setEnd(replaced, 'racing', later)).rejects.toMatchObject({ code: 'pod_ended' })
    await expect.poll(async () => podUids(namespace, replaced), { timeout: 20_000 }).toEqual([])
    await next.close()
  })

  test('many leases that end together end within a few seconds, and leave nothing behind', async () => {
    const { compute, namespace } = await openPlace(place, { keepEndedSec: 1 })
    const requests = Array.from({ length: 30 }, (_, n) => machineRequest(n + 1))
    await Promise.all(requests.map(async (request) => compute.reserve(request)))
    await Promise.all(requests.map(async ({ leaseId }) => compute.start(leaseId, 60)))
    await Promise.all(
      requests.map(async ({ leaseId }) => compute.waitReady(leaseId, AbortSignal.timeout(30_000))),
    )
    const end = inSeconds(4)
    await Promise.all(requests.map(async ({ leaseId }) => compute.setEnd(leaseId, 'payment', end)))
    await expect.poll(async () => compute.list(), { timeout: 40_000, interval: 250 }).toEqual([])
    for (const kind of ['pods', 'services', 'secrets']) {
      const list = async (): Promise<unknown[]> =>
        z
          .object({ items: z.array(z.unknown()) })
          .parse(await namespace.ask({ method: 'GET', path: namespace.path(kind) })).items
      await expect.poll(list, { timeout: 20_000 }).toEqual([])
    }
  })
})
