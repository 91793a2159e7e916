// What a provider gives back is money, whatever its mint does in the moment in which it comes.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buyPod } from '../../../src/client/buy-pod.ts'
import { getOrder } from '../../../src/client/order-journal.ts'
import { recoverOrders } from '../../../src/client/recover-orders.ts'
import { stopPod } from '../../../src/client/stop-pod.ts'
import { parseOrderId } from '../../../src/core/ids.ts'
import type { MintFault } from '../../support/faulty-mint.ts'
import {
  available,
  buyWish,
  failure,
  openTestBuyer,
  type TestBuyer,
} from '../../support/client/test-buyer.ts'

let buyer: TestBuyer
let keysetsBefore: unknown
const signal = new AbortController().signal
const orderId = parseOrderId('o1')

beforeEach(async () => {
  buyer = await openTestBuyer()
  keysetsBefore = await (await fetch(`${buyer.mint}/v1/keysets`)).json()
})
afterEach(async () => {
  await buyer.close()
})

const order = () => getOrder(buyer.orders, orderId)
const buy = () => buyPod(buyer.client, buyWish({ orderId, alias: 'mine' }), { signal })
const stop = () => stopPod(buyer.client, 'mine', { signal })
const recover = (mode: 'quick' | 'full') => recoverOrders(buyer.client, { mode, signal })

/** The mint does this wrong until it is told otherwise. */
function fault(...faults: MintFault[]): void {
  for (let time = 0; time < 100; time++) buyer.runningMint.faults.push(...faults)
}

function heal(): void {
  buyer.runningMint.faults.length = 0
}

const WEATHER: [string, () => void][] = [
  ['is down for a moment', () => fault({ path: '', kind: 'drop-before' })],
  [
    'shows a list of keysets from before',
    () => fault({ path: '/v1/keysets', kind: 'mutate', change: () => keysetsBefore }),
  ],
  ['refuses every question', () => fault({ path: '', kind: 'refuse', code: 20_000 })],
]

/** The mint rotates before the next answer of the provider, which uses the new keyset, and turns bad after it. */
function rotateThen(weather: () => void): void {
  const honest = buyer.provider.answer.bind(buyer.provider)
  buyer.provider.answer = async (content) => {
    if (content.includes('"quote"')) return honest(content)
    buyer.runningMint.rotate()
    buyer.clock.passSeconds(301)
    const answer = await honest(content)
    weather()
    return answer
  }
}

describe.each(WEATHER)('a refund whose keyset is new, of a mint that %s', (_name, weather) => {
  test('comes in later after a stop', async () => {
    await buy()
    rotateThen(weather)
    const error = await failure(stop())
    expect(error).toMatchObject({ code: 'outcome_unknown', exitCode: 7, hint: 'paygress orders recover' })
    expect(error.message).toContain('is stopped; what is left of its payment is kept')
    for (const again of [stop, stop]) await failure(again())
    await recover('quick')
    await recover('full')
    expect(order().state).toBe('stopping')
    heal()
    await recover('quick')
    expect(order()).toMatchObject({ state: 'stopped', returnedSat: 10n })
    expect(available(buyer.wallet)).toBe(950n)
  })

  test('comes in later after a refusal', async () => {
    buyer.provider.script = 'refunded'
    rotateThen(weather)
    expect((await failure(buy())).code).toBe('provider_refused')
    await recover('quick')
    await recover('full')
    expect(order()).toMatchObject({ state: 'refused', refusal: { payment: { status: 'refunded' } } })
    heal()
    await recover('quick')
    expect(order()).toMatchObject({ state: 'refunded', returnedSat: 60n })
    expect(available(buyer.wallet)).toBe(1000n)
  })

  test('comes in later after a lease was lost, whose end is not booked before', async () => {
    await buy()
    const bought = order()
    if (bought.state !== 'ready') throw new Error('not ready')
    buyer.runningMint.rotate()
    buyer.clock.passSeconds(301)
    const refund = await buyer.provider.wallet.refund(buyer.mint, 40n, { lockTo: bought.refundKey.pubkey })
    if (refund.status !== 'done') throw new Error('no refund')
    const payment = { status: 'refunded', refund_token: refund.token, amount_msat: 40_000 }
    const news = { error_type: 'resource_unavailable', message: 'lost', order_id: orderId, payment }
    const { publicKey: from } = buyer.provider
    buyer.wire.stored.push({ messageId: bought.message.id, from, content: JSON.stringify(news) })
    weather()
    buyer.clock.passSeconds(400)
    await recover('quick')
    await recover('full')
    expect(order().state).toBe('ready')
    heal()
    await recover('quick')
    expect(order()).toMatchObject({ state: 'refunded', returnedSat: 40n })
    expect(available(buyer.wallet)).toBe(980n)
    expect(buyer.orders.pods()[0]?.state).toBe('lost')
  })
})

describe('a refund that its mint refuses for good', () => {
  const refuse = () => fault({ path: '/v1/swap', kind: 'refuse', code: 12_345 })
  /** So that no request can land any more, and the next refusal counts. */
  const afterAWhile = async () => {
    buyer.clock.passSeconds(10)
    await recover('quick')
    heal()
  }

  test('of a stop stays with the order, and comes in when the mint has come to its senses', async () => {
    await buy()
    rotateThen(refuse)
    expect((await stop()).refundedSat).toBe(0n)
    await afterAWhile()
    expect(order()).toMatchObject({ state: 'stopped', returnedSat: 0n })
    const { recovered } = await recover('full')
    expect(order()).toMatchObject({ state: 'stopped', returnedSat: 10n })
    expect(order()).not.toHaveProperty('unreceived')
    expect(recovered).toEqual([])
    expect(available(buyer.wallet)).toBe(950n)
  })

  test('of a refusal stays with the order, and ends it when the mint has come to its senses', async () => {
    buyer.provider.script = 'refunded'
    rotateThen(refuse)
    await failure(buy())
    await afterAWhile()
    expect(order()).toMatchObject({ state: 'refused', refusal: { payment: { status: 'untouched' } } })
    await recover('full')
    expect(order()).toMatchObject({ state: 'refunded', returnedSat: 60n })
    expect(available(buyer.wallet)).toBe(1000n)
  })

  test('of an order that was given up meanwhile ends it as refunded', async () => {
    buyer.provider.script = 'refunded'
    rotateThen(refuse)
    await failure(buy())
    await afterAWhile()
    buyer.provider.script = 'silent'
    buyer.clock.passSeconds(3_000)
    refuse()
    for (let time = 0; time < 3; time++) {
      await recover('quick')
      buyer.clock.passSeconds(10)
    }
    expect(order().state).toBe('silent')
    heal()
    await recover('full')
    expect(order()).toMatchObject({ state: 'refunded', returnedSat: 60n })
    expect(available(buyer.wallet)).toBe(1000n)
  })
})
