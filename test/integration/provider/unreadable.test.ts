// What if one row of the ledger cannot be read? That order waits; all others are served.
import { expect, test } from 'vitest'
import { countEarnings } from '../../../src/provider/count-earnings.ts'
import { listLeases } from '../../../src/provider/list-leases.ts'
import {
  asked,
  freshOrderId,
  lockedPurchase,
  openProvider,
  startWorld,
  STRANGER_KEY,
} from '../../support/provider/test-provider.ts'
import { testLeaseId } from '../../support/test-ids.ts'

test('an order that cannot be read is told and left; the others are served, and the daemon stops as ever', async () => {
  const world = await startWorld()
  const provider = await openProvider(world, { start: false })
  provider.database.transaction((tx) =>
    tx.run(
      `INSERT INTO ledger_orders (key, sender, type, order_id, fingerprint, state, open, body, created_at)
       VALUES ('broken', '${STRANGER_KEY}', 'spawn', 'broken', '', 'accepted', 1, '{}', 1)`,
      [],
    ),
  )
  await provider.provider.start()
  const purchase = await lockedPurchase(world, provider)
  expect(await asked(provider, purchase.message)).toHaveProperty('pod_npub')
  expect(provider.log.join('\n')).toMatch(/error an order cannot be read and waits.*broken/)
  await provider.stop()
  await world.close()
})

test('a lease that cannot be read is told and left; the daemon starts, the others are booked, and its buyer hears so', async () => {
  const world = await startWorld()
  const first = await openProvider(world)
  const rented: string[] = []
  for (const _ of [1, 2]) {
    const { message } = await lockedPurchase(world, first)
    rented.push(String((await asked(first, message)).pod_npub))
  }
  const [broken = '', sound = ''] = rented
  await first.stop()
  const bodies = ['{}', 'no JSON', '{"spec":1}']
  for (const body of bodies) {
    const provider = await openProvider(world, { start: false })
    provider.database.transaction((tx) =>
      tx.run('UPDATE ledger_leases SET body = ? WHERE pod_npub = ?', [body, broken]),
    )
    // Both are gone, and the broken one stands first.
    for (const machine of await world.compute.list()) await world.compute.end(machine.leaseId)
    await provider.provider.start()
    await expect.poll(() => provider.ledger.leaseOfPod(sound)?.state).toBe('lost')
    expect(provider.ledger.leaseOfPod(broken)).toMatchObject({ state: 'running', body })
    expect(provider.log.join('\n')).toMatch(/error a lease cannot be read and stays as it is/)
    const status = await asked(provider, { request: 'status', pod_npub: broken })
    expect(status).toMatchObject({ error_type: 'resource_unavailable' })
    const topup = await lockedPurchase(world, provider, { fields: { pod_npub: broken } })
    expect(await asked(provider, topup.message)).toMatchObject({
      error_type: 'resource_unavailable',
      payment: { status: 'released' },
    })
    const stop = { request: 'stop', pod_npub: broken, order_id: freshOrderId() }
    expect(await asked(provider, stop)).toMatchObject({ error_type: 'resource_unavailable' })
    const [lease] = listLeases(provider.ledger, world.clock)
    expect(lease).toMatchObject({ podNpub: broken, address: undefined, paidMsat: 120_000n })
    // Nobody knows what it costs: all of it may have to go back.
    expect(countEarnings(provider.ledger, world.clock)).toMatchObject([{ unearnedMsat: 120_000n }])
    await provider.stop()
  }
  await world.close()
})

test('a machine that cannot be looked at, or ended, is told; the daemon starts, and the others are looked at', async () => {
  const world = await startWorld()
  const first = await openProvider(world)
  const rented: string[] = []
  for (const _ of [1, 2]) {
    const { message } = await lockedPurchase(world, first)
    rented.push(String((await asked(first, message)).pod_npub))
  }
  const [odd = '', sound = ''] = rented
  const oddLease = first.ledger.leaseOfPod(odd)?.leaseId
  await first.stop()
  const machines = await world.compute.list()
  for (const machine of machines) await world.compute.end(machine.leaseId)
  world.clock.aheadMs += 5_000
  const startedAt = world.clock.now()
  const unpaid = machines.map((machine, index) => ({ ...machine, leaseId: testLeaseId(index + 1) }))
  const ended: string[] = []
  const provider = await openProvider(world, {
    compute: {
      describe: async (leaseId) => {
        if (leaseId === oddLease) throw new Error('it is odd')
        return world.compute.describe(leaseId)
      },
      list: async () => unpaid,
      end: async (leaseId) => {
        ended.push(leaseId)
        if (ended.length === 1) throw new Error('it stays')
        return undefined
      },
    },
  })
  await expect.poll(() => provider.ledger.leaseOfPod(sound)?.state).toBe('lost')
  expect(provider.ledger.leaseOfPod(odd)?.state).toBe('running')
  expect(ended).toEqual([testLeaseId(1), testLeaseId(2)])
  // The list was had: what is lost later is counted from here on.
  expect(Number(provider.ledger.note('machines-seen-at'))).toBeGreaterThanOrEqual(startedAt)
  const told = provider.log.filter((line) => line.includes('a machine cannot be looked after now'))
  expect(told).toEqual([expect.stringContaining('it is odd'), expect.stringContaining('it stays')])
  await provider.stop()
  await world.close()
})

test('a machine that a list has and that cannot be read is there: nothing is booked of it', async () => {
  const world = await startWorld()
  const first = await openProvider(world)
  const { message } = await lockedPurchase(world, first)
  const npub = String((await asked(first, message)).pod_npub)
  const lease = first.ledger.leaseOfPod(npub)?.leaseId
  await first.stop()
  if (lease === undefined) throw new Error('no lease')
  const provider = await openProvider(world, {
    // Asked for by itself, somebody in between may say that there is none.
    compute: { list: async () => [{ leaseId: lease, state: 'unknown' }], describe: async () => undefined },
  })
  expect(provider.ledger.leaseOfPod(npub)?.state).toBe('running')
  expect(provider.log.join('\n')).toMatch(
    /warn a machine is there, and what its place says of it cannot be read/,
  )
  await provider.stop()
  await world.close()
})
