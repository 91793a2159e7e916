// What does a command allow that goes on with an order? A dry run nothing; and prices are its own matter, not of the command that drafted.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type BuyResult, buyPod, resumeBuy } from '../../../src/client/buy-pod.ts'
import { draftOrder } from '../../../src/client/draft-order.ts'
import { getOrder } from '../../../src/client/order-journal.ts'
import type { OrderTerms } from '../../../src/client/order-terms.ts'
import { type BuyWish, fingerprintOf } from '../../../src/client/wish.ts'
import { PaygressError } from '../../../src/core/errors.ts'
import { type OrderId, parseOrderId } from '../../../src/core/ids.ts'
import {
  available,
  buyWish,
  failure,
  openTestBuyer,
  type TestBuyer,
} from '../../support/client/test-buyer.ts'

let buyer: TestBuyer
const signal = new AbortController().signal
const orderId = parseOrderId('open')
const wish = buyWish({ orderId })

type Limits = Partial<Pick<BuyWish, 'dryRun' | 'maxPriceSat' | 'maxRate'>>

/** Both ways to name an order that is there: with everything that made it, and alone. */
const WAYS: [string, (limits: Limits) => Promise<BuyResult>][] = [
  ['the same command', (limits) => buyPod(buyer.client, { ...wish, ...limits }, { signal })],
  ['--order alone', (limits) => resumeBuy(buyer.client, orderId, { ...limits, wait: false }, { signal })],
]

beforeEach(async () => {
  buyer = await openTestBuyer()
})
afterEach(async () => {
  await buyer.close()
})

async function draft(): Promise<void> {
  const lock = async () => Promise.reject(new PaygressError('mint_unreachable', 'it is away'))
  const offline = { ...buyer.client, wallet: { ...buyer.wallet, lock } }
  await failure(buyPod(offline, wish, { signal }))
  expect(getOrder(buyer.orders, orderId)).toMatchObject({ state: 'drafted' })
}

describe.each(WAYS)('an order that goes on by %s', (_, goOn) => {
  test('does not in a dry run, whatever state it is in', async () => {
    await draft()
    const drafted = await failure(goOn({ dryRun: true }))
    expect(drafted).toMatchObject({ code: 'order_conflict', exitCode: 2 })
    expect(drafted.message).toBe('order open is drafted already; a dry run shows what a new one costs')
    expect(getOrder(buyer.orders, orderId).state).toBe('drafted')
    expect(available(buyer.wallet)).toBe(1_000n)
    await goOn({})
    expect((await failure(goOn({ dryRun: true }))).message).toContain('is ready already')
    expect(buyer.provider.requests.filter(({ type }) => type === 'spawn')).toHaveLength(1)
  })

  test('is paid within the limits of the command that pays', async () => {
    await draft()
    for (const limit of [{ maxPriceSat: 59n }, { maxRate: 359 }]) {
      const error = await failure(goOn(limit))
      expect(error).toMatchObject({ code: 'price_too_high', exitCode: 5 })
    }
    expect(available(buyer.wallet)).toBe(1_000n)
    expect(await goOn({ maxPriceSat: 60n, maxRate: 360 })).toMatchObject({ outcome: 'served' })
    // It is paid: no limit brings that back.
    expect(await goOn({ maxPriceSat: 1n, maxRate: 1 })).toMatchObject({ outcome: 'served' })
    expect(available(buyer.wallet)).toBe(940n)
  })

  test('is not paid a second time beyond them where the first payment turns out to have failed', async () => {
    for (let times = 0; times < 9; times += 1) {
      buyer.runningMint.failNext({ path: '/v1/swap', kind: 'drop-before' })
      buyer.runningMint.failNext({ path: '/v1/checkstate', kind: 'drop-before' })
      buyer.runningMint.failNext({ path: '/v1/restore', kind: 'drop-before' })
    }
    expect((await failure(buyPod(buyer.client, wish, { signal }))).code).toBe('payment_not_started')
    expect(getOrder(buyer.orders, orderId)).toMatchObject({ payOperation: expect.any(String) })
    buyer.runningMint.faults.splice(0)
    // So late nothing on its way can arrive any more.
    buyer.clock.passSeconds(600)
    buyer.runningMint.failNext({ path: '/v1/swap', kind: 'refuse', code: 11_005 })
    expect((await failure(goOn({ maxPriceSat: 59n }))).code).toBe('price_too_high')
    expect(available(buyer.wallet)).toBe(1_000n)
    expect(await goOn({ maxPriceSat: 60n })).toMatchObject({ outcome: 'served' })
    expect(available(buyer.wallet)).toBe(940n)
  })
})

test('a token that would be the payment of a drafted order is not handed on beyond them', async () => {
  const sent = await buyer.wallet.send(buyer.mint, 60n, { signal })
  if (sent.status !== 'done' || sent.token === undefined) throw new Error('no token')
  const gift = { ...wish, lock: false, token: sent.token }
  const mintTime = async () => Promise.reject(new PaygressError('mint_unreachable', 'it is away'))
  await failure(buyPod({ ...buyer.client, wallet: { ...buyer.wallet, mintTime } }, gift, { signal }))
  expect(getOrder(buyer.orders, orderId).state).toBe('drafted')
  for (const limit of [{ maxPriceSat: 59n }, { maxRate: 359 }]) {
    const error = await failure(buyPod(buyer.client, { ...gift, ...limit }, { signal }))
    expect(error.code).toBe('price_too_high')
  }
  expect(getOrder(buyer.orders, orderId).state).toBe('drafted')
  expect(await buyPod(buyer.client, gift, { signal })).toMatchObject({ outcome: 'served' })
  expect(available(buyer.wallet)).toBe(940n)
})

test('an order is not paid over its limit where the money that came in for it has made its fee another one', async () => {
  await draft()
  let isFunded = false
  const planSpend: typeof buyer.wallet.planSpend = async (...asked) => {
    const plan = await buyer.wallet.planSpend(...asked)
    const told = isFunded ? { ...plan, totalSat: plan.totalSat + 1n } : plan
    // Whoever looks whether there is enough money does not say how it is locked.
    isFunded ||= asked[2] === undefined
    return told
  }
  const client = { ...buyer.client, wallet: { ...buyer.wallet, planSpend } }
  const error = await failure(resumeBuy(client, orderId, { maxPriceSat: 60n, wait: false }, { signal }))
  expect(isFunded).toBe(true)
  expect(error.code).toBe('price_too_high')
  expect(getOrder(buyer.orders, orderId).state).toBe('drafted')
  expect(available(buyer.wallet)).toBe(1_000n)
})

test('what another process drafted meanwhile is another price than the one that was said yes to', async () => {
  const first = await buyPod(buyer.client, buyWish({}), { signal })
  if (first.outcome !== 'served') throw new Error('not served')
  const { terms } = first.order
  /** A buyer whose other process drafts the order while this one asks. */
  const besideTwin = (id: OrderId, other: Partial<OrderTerms>) => ({
    ...buyer.client,
    ask: {
      ...buyer.client.ask,
      canAsk: true,
      confirm: async () => {
        draftOrder(buyer.client, id, { ...terms, ...other, fingerprint: fingerprintOf(wish) })
        return true
      },
    },
  })
  const asked = { ...wish, yes: false }
  for (const [name, other] of Object.entries({
    dearer: { netSat: terms.netSat + 1n },
    shorter: { rateMsatPerSec: terms.rateMsatPerSec * 2 },
  })) {
    const id = parseOrderId(name)
    const conflict = await failure(buyPod(besideTwin(id, other), { ...asked, orderId: id }, { signal }))
    expect(conflict).toMatchObject({ code: 'order_conflict', exitCode: 2 })
    expect(conflict.message).toMatch(/on other terms, and is drafted now; this command paid nothing/)
  }
  expect(available(buyer.wallet)).toBe(940n)
  const same = parseOrderId('same')
  const bought = await buyPod(besideTwin(same, {}), { ...asked, orderId: same }, { signal })
  expect(bought).toMatchObject({ outcome: 'served' })
  expect(available(buyer.wallet)).toBe(880n)
})
