// What must every place where machines run do? One suite for all implementations of the port.
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LeaseId } from '../../src/core/ids.ts'
import type { Compute, EndReason, Machine, MachineRequest } from '../../src/provider/compute-port.ts'
import { probeBanner } from '../../src/ssh/banner-probe.ts'
import { makeSshKeyPair } from '../../src/ssh/key-pair.ts'
import { testLeaseId, testPodNpub, testPublicKey, testSpecId } from '../support/test-ids.ts'

export interface ComputeUnderTest {
  compute: Compute
  /** Lets go of the first one as a daemon that stops, and opens the same place again. */
  restart(): Promise<Compute>
  dispose(): Promise<void>
}

/** A whole request for the machine of lease number `n`. */
export function machineRequest(n: number, changes: Partial<MachineRequest> = {}): MachineRequest {
  return {
    leaseId: testLeaseId(n),
    podNpub: testPodNpub(n),
    owner: testPublicKey(1_000 + n),
    specId: testSpecId('standard'),
    cpuMillicores: 500,
    memoryMb: 256,
    image: 'linuxserver/openssh-server:latest',
    username: 'ann',
    password: `pa'ss "word" ${n}`,
    hostPrivateKey: makeSshKeyPair({ bytes: (count) => randomBytes(count) }, `pod ${n}`).privateKey,
    podSecretKey: n.toString(16).padStart(64, '0'),
    ...changes,
  }
}

/** `lateMs`: so late the enforced end may be. */
export function describeComputeContract(
  name: string,
  make: () => Promise<ComputeUnderTest>,
  { lateMs = 2_000 } = {},
): void {
  describe(`${name}, as a place where machines run,`, { timeout: 30_000 }, () => {
    let place: ComputeUnderTest
    let compute: Compute
    beforeEach(async () => {
      place = await make()
      compute = place.compute
    })
    afterEach(async () => place.dispose())

    async function rent(n: number, allowanceSec = 60): Promise<LeaseId> {
      const request = machineRequest(n)
      await compute.reserve(request)
      await compute.start(request.leaseId, allowanceSec)
      await compute.waitReady(request.leaseId, AbortSignal.timeout(10_000))
      return request.leaseId
    }

    async function stateOf(lease: LeaseId, from = compute): Promise<Machine['state'] | 'unknown'> {
      return (await from.describe(lease))?.state ?? 'unknown'
    }

    async function banner(address: { host: string; port: number }): Promise<boolean> {
      return 'banner' in (await probeBanner(address.host, address.port, AbortSignal.timeout(3_000)))
    }

    async function ended(lease: LeaseId, withinMs: number): Promise<Machine> {
      await expect.poll(async () => stateOf(lease), { timeout: withinMs, interval: 50 }).toBe('ended')
      const machine = await compute.describe(lease)
      if (machine === undefined) throw new Error('the machine was forgotten')
      return machine
    }

    test('says whether it is fit, and which place it is, also after a restart', async () => {
      const first = await compute.check()
      expect(first.ok).toBe(true)
      expect(first.clusterId).toMatch(/\S/)
      expect((await (await place.restart()).check()).clusterId).toBe(first.clusterId)
    })

    test('reserves an address where nothing answers before the start', async () => {
      const request = machineRequest(1)
      const address = await compute.reserve(request)
      expect(await compute.describe(request.leaseId)).toEqual({
        leaseId: request.leaseId,
        state: 'reserved',
        address,
      })
      expect(await banner(address)).toBe(false)
    })

    test('gives the same lease the same address again, also at the same moment', async () => {
      const request = machineRequest(1)
      const [one, two] = await Promise.all([compute.reserve(request), compute.reserve(request)])
      expect(two).toEqual(one)
      expect(await compute.reserve(request)).toEqual(one)
      await compute.start(request.leaseId, 60)
      expect(await compute.reserve(request)).toEqual(one)
      expect(await compute.list()).toHaveLength(1)
    })

    test('starts a machine once: its clock is not set back by a second start', async () => {
      const request = machineRequest(1)
      const address = await compute.reserve(request)
      await compute.start(request.leaseId, 60)
      const first = await compute.waitReady(request.leaseId, AbortSignal.timeout(10_000))
      await compute.start(request.leaseId, 3_600)
      const second = await compute.waitReady(request.leaseId, AbortSignal.timeout(10_000))
      expect(second).toEqual(first)
      expect(first).toMatchObject(address)
      expect(first.expiresAt.getTime() - first.startedAt.getTime()).toBe(60_000)
      expect(await banner(address)).toBe(true)
    })

    test('moves the end once per operation, forwards and back', async () => {
      const lease = await rent(1)
      const at = (seconds: number): Date => new Date(Math.ceil(Date.now() / 1000 + seconds) * 1000)
      const [paid, topped, back] = [at(100), at(200), at(150)]
      expect(await compute.setEnd(lease, 'payment', paid)).toEqual({ expiresAt: paid })
      expect(await compute.setEnd(lease, 'topup-1', topped)).toEqual({ expiresAt: topped })
      expect(await compute.setEnd(lease, 'payment', paid)).toEqual({ expiresAt: topped })
      expect(await compute.setEnd(lease, 'bridge-back', back)).toEqual({ expiresAt: back })
      expect(await compute.setEnd(lease, 'topup-1', topped)).toEqual({ expiresAt: back })
      const machine = await compute.describe(lease)
      expect(machine?.state === 'running' ? machine.machine.expiresAt : undefined).toEqual(back)
    })

    test('ends a machine whose start was not paid for when its allowance is over', async () => {
      const request = machineRequest(1)
      const address = await compute.reserve(request)
      const startedAt = Date.now()
      await compute.start(request.leaseId, 1)
      const machine = await ended(request.leaseId, 1_000 + lateMs)
      expect(machine).toMatchObject({ state: 'ended', reason: 'expired' })
      expect(Date.now() - startedAt).toBeGreaterThan(900)
      await expect.poll(async () => banner(address), { timeout: lateMs }).toBe(false)
    })

    test('ends a machine at the end that was set, not at the one before', async () => {
      // The allowance has to be long enough for a start in any place, and to be over well before the end that is set.
      const lease = await rent(1, 7)
      const allowance = await compute.waitReady(lease, AbortSignal.timeout(10_000))
      const end = new Date(Math.ceil(Date.now() / 1000 + 11) * 1000)
      await compute.setEnd(lease, 'payment', end)
      const over = allowance.expiresAt.getTime() + 2_000
      await expect.poll(() => Date.now(), { timeout: 12_000 }).toBeGreaterThan(over)
      expect(await stateOf(lease)).toBe('running')
      expect(await ended(lease, end.getTime() - Date.now() + lateMs)).toMatchObject({ reason: 'expired' })
      expect(Date.now()).toBeGreaterThan(end.getTime() - 300)
    })

    test('ends a machine on demand, as often as asked, and tells its times', async () => {
      const lease = await rent(1)
      const before = await compute.describe(lease)
      const address = before?.state === 'running' ? before.machine : undefined
      if (address === undefined) throw new Error('not running')
      const times = await compute.end(lease)
      expect(times?.startedAt).toEqual(address.startedAt)
      expect(Math.abs(Date.now() - (times?.endedAt.getTime() ?? 0))).toBeLessThan(5_000)
      await expect.poll(async () => banner(address), { timeout: lateMs }).toBe(false)
      expect(await compute.end(lease)).toEqual(times)
      expect(['ended', 'unknown']).toContain(await stateOf(lease))
    })

    test('ends a machine that never ran without times', async () => {
      const request = machineRequest(1)
      await compute.reserve(request)
      expect(await compute.end(request.leaseId)).toBeUndefined()
      expect(['ended', 'unknown']).toContain(await stateOf(request.leaseId))
    })

    test('refuses another end for a machine that has ended', async () => {
      const lease = await rent(1)
      await compute.end(lease)
      const later = new Date(Date.now() + 60_000)
      await expect(compute.setEnd(lease, 'late', later)).rejects.toMatchObject({ code: 'pod_ended' })
    })

    test('knows nothing of a lease that it never saw', async () => {
      const lease = testLeaseId(99)
      expect(await compute.describe(lease)).toBeUndefined()
      expect(await compute.end(lease)).toBeUndefined()
      await expect(compute.start(lease, 60)).rejects.toMatchObject({ code: 'machine_failed' })
      await expect(compute.setEnd(lease, 'payment', new Date(Date.now() + 60_000))).rejects.toMatchObject({
        code: 'pod_ended',
      })
    })

    test('stops waiting for a machine as soon as that has ended, or when told', async () => {
      const lease = await rent(1)
      await expect(compute.waitReady(lease, AbortSignal.abort())).rejects.toMatchObject({ code: 'timeout' })
      await compute.end(lease)
      await expect(compute.waitReady(lease, AbortSignal.timeout(10_000))).rejects.toMatchObject({
        code: 'machine_failed',
      })
    })

    test('keeps two machines apart', async () => {
      const [one, two] = [await rent(1), await rent(2)]
      const machines = await compute.list()
      expect(machines.map(({ leaseId }) => leaseId).toSorted()).toEqual([one, two])
      const ports = machines.map((machine) => (machine.state === 'running' ? machine.machine.port : 0))
      expect(new Set(ports).size).toBe(2)
      await compute.end(one)
      expect(await stateOf(two)).toBe('running')
    })

    test('goes on with its machines after a restart of the daemon', async () => {
      const lease = await rent(1)
      const reserved = machineRequest(2)
      const address = await compute.reserve(reserved)
      const end = new Date(Math.ceil(Date.now() / 1000 + 100) * 1000)
      await compute.setEnd(lease, 'payment', end)
      const before = await compute.describe(lease)

      const after = await place.restart()
      await after.waitReady(lease, AbortSignal.timeout(10_000))
      expect(await after.describe(lease)).toEqual(before)
      expect(await after.setEnd(lease, 'payment', new Date(end.getTime() + 9_000))).toEqual({
        expiresAt: end,
      })
      expect(await after.reserve(reserved)).toEqual(address)
      expect((await after.list()).map(({ leaseId }) => leaseId).toSorted()).toEqual([lease, reserved.leaseId])
      await after.start(reserved.leaseId, 60)
      expect(await after.waitReady(reserved.leaseId, AbortSignal.timeout(10_000))).toMatchObject(address)
    })

    test('enforces a deadline after a restart too', async () => {
      const request = machineRequest(1)
      await compute.reserve(request)
      await compute.start(request.leaseId, 2)
      compute = await place.restart()
      expect(await ended(request.leaseId, 2_000 + lateMs)).toMatchObject({ reason: 'expired' })
    })

    test('tells of every end while somebody watches, with its reason', async () => {
      const told: [LeaseId, EndReason][] = []
      const stop = new AbortController()
      const watching = compute.watch(
        { onEnd: (lease, reason) => void told.push([lease, reason]), onGap: () => undefined },
        stop.signal,
      )
      const stopped = await rent(1)
      const expiring = await rent(2, 3)
      await compute.end(stopped)
      await expect
        .poll(() => told.toSorted(([one], [two]) => one.localeCompare(two)), { timeout: 3_000 + lateMs })
        .toEqual([
          [stopped, 'ended'],
          [expiring, 'expired'],
        ])
      stop.abort()
      await watching
    })
  })
}
