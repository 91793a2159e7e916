// What a buyer can do to have a machine and its price as well.
import { afterEach, describe, expect, test } from 'vitest'
import { PaygressError } from '../../../src/core/errors.ts'
import { done, held } from '../../support/wallet/test-wallet.ts'
import {
  asked,
  lockedPurchase,
  openProvider,
  plainPurchase,
  startWorld,
  TestDoor,
} from '../../support/provider/test-provider.ts'
import type { ProviderOptions, RunningProvider, World } from '../../support/provider/test-provider.ts'

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function start(options: ProviderOptions = {}): Promise<{ world: World; provider: RunningProvider }> {
  const world = await startWorld()
  closing.push(() => world.close())
  const provider = await openProvider(world, options)
  closing.push(() => provider.stop())
  return { world, provider }
}

const reported = (provider: RunningProvider) => () => provider.ledger.leasesIn('running')[0]?.body

describe('a buyer who wants the whole time refunded', () => {
  test('by an address where no reply arrives has it counted from the reply to the repetition', async () => {
    const { world, provider } = await start()
    provider.door.unreachable.add('nowhere')
    const { message } = await lockedPurchase(world, provider, { netSat: 60n })
    await asked(provider, message, { address: 'nowhere' })
    expect(reported(provider)()).toContain('"reported":false')
    await asked(provider, message, { address: 'somewhere' })
    await expect.poll(reported(provider)).toContain('"reported":true')
    world.clock.aheadMs += 61_000
    await expect.poll(() => provider.ledger.leasesIn('expired').length).toBe(1)
    expect(held(provider.wallet, world.url).available).toBe(60n)
  })

  test('by relays that keep the reply and do not say so is told where the request came from', async () => {
    const door = new TestDoor()
    door.answersElsewhere = true
    const { world, provider } = await start({ door })
    const { message } = await lockedPurchase(world, provider, { netSat: 60n })
    await asked(provider, message)
    await expect.poll(reported(provider)).toContain('"reported":true')
    // An honest buyer may read only there: it is tried on.
    door.answersElsewhere = false
    await expect.poll(() => provider.door.to('buyer').length, { timeout: 10_000 }).toBe(2)
  })
})

test('a first reply whose time cannot be given back now is not sent over and over', async () => {
  const door = new TestDoor()
  door.isUp = false
  const { world, provider } = await start({
    door,
    compute: {
      setEnd: async (leaseId, operation, at) => {
        if (operation.endsWith('/unreported')) throw new PaygressError('failed', 'the place does not answer')
        return await world.compute.setEnd(leaseId, operation, at)
      },
    },
  })
  const { message } = await lockedPurchase(world, provider, { netSat: 60n })
  await asked(provider, message)
  world.clock.aheadMs += 20_000
  door.isUp = true
  await expect.poll(() => door.to('buyer').length, { timeout: 10_000 }).toBeGreaterThan(0)
  const before = door.to('buyer').length
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(door.to('buyer').length - before).toBeLessThan(3)
})

test('a plain payment whose capture becomes known only after its time is served or refunded, never forgotten', async () => {
  const world = await startWorld()
  closing.push(() => world.close())
  const provider = await openProvider(world, { config: { startupAllowanceSec: 60 } })
  closing.push(() => provider.stop())
  const { message, orderId } = await plainPurchase(world, { netSat: 120n })
  const { transaction } = provider.database
  let fails = false
  provider.database.transaction = (work) => {
    if (fails) {
      fails = false
      world.clock.aheadMs += 500_000
      throw new PaygressError('storage_failed', 'the disk is full')
    }
    return transaction(work)
  }
  // After the mint has signed, the disk is full once, and the last moment to start passes.
  const armed = (body: unknown): unknown => {
    fails = true
    return body
  }
  world.mint.failNext({ path: '/v1/swap', kind: 'mutate', change: armed })
  const reply = await asked(provider, message)
  expect(reply).not.toMatchObject({ payment: { status: 'untouched' } })
  await expect.poll(() => provider.ledger.ordersById(orderId)[0]?.open).toBe(false)
  const [order] = provider.ledger.ordersById(orderId)
  const said = JSON.parse(order?.reply ?? '{}') as { pod_npub?: string; payment?: { refund_token?: string } }
  const token = said.payment?.refund_token
  const back = token === undefined ? undefined : done(await world.buyer.wallet.receive(token, {}))
  expect(said.pod_npub ?? back?.amountSat).toBeDefined()
})
