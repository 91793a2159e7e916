// When is a machine down by its place's fault? The part of the port's contract that tells of it, for all implementations.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LeaseId } from '../../src/core/ids.ts'
import type { Compute, Readiness } from '../../src/provider/compute-port.ts'
import { machineRequest, type ComputeUnderTest } from './compute-contract.ts'

export interface LosablePlace extends ComputeUnderTest {
  /** The tenant makes their SSH server end; it comes back in place. */
  restartSsh?(lease: LeaseId): Promise<void>
  /** The place loses the machine and makes it again. */
  makeAgain?(lease: LeaseId): Promise<void>
}

/** `isLosable`: machines of this place may be down without an end. */
export function describeReadinessContract(
  name: string,
  isLosable: boolean,
  make: () => Promise<LosablePlace>,
): void {
  describe(`${name}, as a place that may lose machines,`, { timeout: 40_000 }, () => {
    let place: LosablePlace
    let compute: Compute
    beforeEach(async () => {
      place = await make()
      compute = place.compute
    })
    afterEach(async () => place.dispose())

    async function rent(): Promise<LeaseId> {
      const request = machineRequest(1)
      await compute.reserve(request)
      await compute.start(request.leaseId, 60)
      await compute.waitReady(request.leaseId, AbortSignal.timeout(10_000))
      return request.leaseId
    }

    async function readinessOf(
      lease: LeaseId,
      from: Compute,
    ): Promise<{ told: Readiness[]; stop(): Promise<void> }> {
      const told: Readiness[] = []
      const stop = new AbortController()
      const onReadiness = (of: LeaseId, readiness: Readiness): void =>
        void (of === lease ? told.push(readiness) : undefined)
      const watching = from.watch(
        { onEnd: () => undefined, onGap: () => undefined, onReadiness },
        stop.signal,
      )
      return {
        told,
        stop: async () => {
          stop.abort()
          await watching
        },
      }
    }

    test('never blames itself for what a tenant does, nor for an end', async () => {
      const lease = await rent()
      const { told, stop } = await readinessOf(lease, compute)
      await place.restartSsh?.(lease)
      await compute.end(lease)
      await expect.poll(async () => (await compute.describe(lease))?.state).not.toBe('running')
      await stop()
      expect(told.filter(({ ready }) => !ready)).toEqual([])
    })

    if (!isLosable) return
    test('tells when a machine went down and when it came back, also to a daemon that was away', async () => {
      if (place.makeAgain === undefined) throw new Error('nothing loses a machine')
      const lease = await rent()
      const watched = await readinessOf(lease, compute)
      const before = Date.now()
      await place.makeAgain(lease)
      // That it is down may be told later than it answers for the last time.
      await expect.poll(() => watched.told.some(({ ready }) => !ready), { timeout: 20_000 }).toBe(true)
      await expect
        .poll(() => watched.told.at(-1), { timeout: 20_000 })
        .toMatchObject({
          ready: true,
          outage: { since: expect.any(Date) },
        })
      const down = watched.told.find(({ ready }) => !ready)
      const back = watched.told.at(-1)
      await watched.stop()
      if (down === undefined || back?.ready !== true || back.outage === undefined) throw new Error('not told')
      // The server tells its time in whole seconds.
      expect(down.since.getTime()).toBeGreaterThanOrEqual(before - 2_000)
      expect(down.since.getTime()).toBeLessThanOrEqual(back.outage.until.getTime())
      expect(back.outage.until.getTime()).toBeLessThanOrEqual(Date.now() + 1_000)
      await compute.setEnd(lease, 'payment', new Date(Date.now() + 60_000))
      const later = await readinessOf(lease, await place.restart())
      await expect.poll(() => later.told.at(-1)).toEqual(back)
      await later.stop()
    })
  })
}
