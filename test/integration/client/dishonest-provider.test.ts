// What a provider can say to make a buyer give up money that is still the buyer's.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buyPod } from '../../../src/client/buy-pod.ts'
import { getOrder } from '../../../src/client/order-journal.ts'
import type { Pod } from '../../../src/client/ports.ts'
import { recoverOrders } from '../../../src/client/recover-orders.ts'
import { stopPod } from '../../../src/client/stop-pod.ts'
import { topupPod } from '../../../src/client/topup-pod.ts'
import { parseOrderId } from '../../../src/core/ids.ts'
import { parseMintUrl, type MintUrl } from '../../../src/core/mint-url.ts'
import { startMint, type RunningMint } from '../../../src/devnet/mint/start-mint.ts'
import {
  available,
  buyWish,
  failure,
  offerContent,
  openTestBuyer,
  type TestBuyer,
} from '../../support/client/test-buyer.ts'
import { fund, openTestWallet, tokenOf, type TestWallet } from '../../support/wallet/test-wallet.ts'

let buyer: TestBuyer
const signal = new AbortController().signal
const orderId = parseOrderId('o1')
const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  await buyer.close()
  for (const close of closing.splice(0)) await close()
})

const state = () => getOrder(buyer.orders, orderId).state
const recover = () => recoverOrders(buyer.client, { mode: 'full', signal })

/** From now on every paid request is refused with this word on the money; nothing was taken. */
function sayOfTheMoney(payment: object): void {
  buyer.provider.answer = async (content) => {
    const { order_id, request } = JSON.parse(content) as { order_id?: string; request?: string }
    if (request === 'quote') return []
    return [JSON.stringify({ error_type: 'resource_unavailable', message: 'No room', order_id, payment })]
  }
}

const withoutQuote = (...mints: MintUrl[]) => ({
  offerContent: (mint: MintUrl, key: string) => ({
    ...offerContent(mint, key),
    whitelisted_mints: [mint, ...mints],
    features: ['status', 'stop', 'ssh-public-key', 'refund'],
  }),
})

describe('a provider that took nothing', () => {
  beforeEach(async () => {
    buyer = await openTestBuyer(withoutQuote())
  })

  test('and says that it keeps the payment is not believed: it comes back after its lock', async () => {
    sayOfTheMoney({ status: 'kept', reason: 'the rest is worth less than the fee' })
    await failure(buyPod(buyer.client, buyWish({ orderId }), { signal }))
    expect(state()).toBe('refused')
    buyer.clock.passSeconds(1_000)
    await recover()
    expect(state()).toBe('reclaimed')
    expect(available(buyer.wallet)).toBe(1_000n)
  })

  test('and says that it refunded one sat is not believed either', async () => {
    const token = tokenOf(await buyer.provider.wallet.refund(buyer.mint, 1n, { lockTo: undefined }))
    sayOfTheMoney({ status: 'refunded', refund_token: token, amount_msat: 1_000 })
    await failure(buyPod(buyer.client, buyWish({ orderId }), { signal }))
    buyer.clock.passSeconds(1_000)
    await recover()
    expect(state()).toBe('reclaimed')
    expect(available(buyer.wallet)).toBe(1_000n)
  })

  test('and says that it keeps a plain token loses it at once', async () => {
    sayOfTheMoney({ status: 'kept', reason: 'why not' })
    await failure(buyPod(buyer.client, buyWish({ orderId, lock: false }), { signal }))
    expect(state()).toBe('reclaimed')
    expect(available(buyer.wallet)).toBe(1_000n)
  })
})

describe('a token that is given to pay without a lock', () => {
  beforeEach(async () => {
    buyer = await openTestBuyer({ funds: 0n })
  })

  test('and is worth more than the price pays the price alone', async () => {
    const token = tokenOf(await buyer.provider.wallet.send(buyer.mint, 400n, {}))
    const wish = buyWish({ orderId, lock: false, token, mint: buyer.mint, maxPriceSat: 60n })
    const bought = await buyPod(buyer.client, wish, { signal })
    expect(bought.outcome).toBe('served')
    expect(available(buyer.wallet)).toBe(340n)
  })
})

async function buy(): Promise<Pod> {
  const bought = await buyPod(buyer.client, buyWish({ orderId, alias: 'mine' }), { signal })
  if (bought.outcome !== 'served') throw new Error('not bought')
  return bought.pod
}

const topup = async (more = {}) =>
  topupPod(
    buyer.client,
    { pod: 'mine', extent: { durationSec: 600 }, lock: true, yes: true, dryRun: false, ...more },
    { signal },
  )

test('a stop that is refused after the first payment’s end leaves the paid rest of a top-up to be stopped again', async () => {
  buyer = await openTestBuyer()
  const pod = await buy()
  await topup()
  buyer.clock.passSeconds(700)
  buyer.provider.script = 'untouched'
  expect((await failure(stopPod(buyer.client, 'mine', { signal }))).code).toBe('provider_refused')
  expect(state()).toBe('ready')
  expect(buyer.orders.pod(pod.npub)?.state).toBe('running')
  buyer.provider.script = 'serve'
  expect(await stopPod(buyer.client, 'mine', { signal })).toMatchObject({ refundedSat: 10n })
})

describe('a lost lease that was paid from two mints', () => {
  let other: RunningMint
  let otherUrl: MintUrl
  let otherHome: TestWallet

  beforeEach(async () => {
    other = await startMint({})
    otherUrl = parseMintUrl(other.url)
    closing.push(() => other.close())
    buyer = await openTestBuyer(withoutQuote(otherUrl))
    otherHome = openTestWallet({ clock: buyer.clock, trusted: [otherUrl] })
    closing.push(() => otherHome.close())
    await fund(otherHome.wallet, otherUrl, 500n)
  })

  /** The provider's word that the machine of this order is lost, with its refund. */
  async function tellLoss(tokens: string[]): Promise<void> {
    const order = getOrder(buyer.orders, orderId)
    if (order.state !== 'ready') throw new Error('not ready')
    const [refund_token, ...further_refund_tokens] = tokens
    const payment = { status: 'refunded', refund_token, further_refund_tokens, amount_msat: 60_000 }
    const news = { error_type: 'resource_unavailable', message: 'lost', order_id: orderId, payment }
    buyer.wire.stored.push({
      messageId: order.message.id,
      from: buyer.provider.publicKey,
      content: JSON.stringify(news),
    })
  }

  test('is refunded from both, the last one first', async () => {
    await buy()
    buyer.wallet.trustMint(otherUrl)
    await fund(buyer.wallet, otherUrl, 100n)
    buyer.provider.script = 'no-payment-word'
    await failure(topup({ mint: otherUrl }))
    await tellLoss([
      tokenOf(await otherHome.wallet.refund(otherUrl, 20n, { lockTo: undefined })),
      tokenOf(await buyer.provider.wallet.refund(buyer.mint, 40n, { lockTo: undefined })),
    ])
    await recover()
    expect(getOrder(buyer.orders, orderId)).toMatchObject({ state: 'refunded', returnedSat: 60n })
  })

  test('gets nothing from a mint that it was never paid from, and its end is booked', async () => {
    await buy()
    await tellLoss([tokenOf(await otherHome.wallet.refund(otherUrl, 20n, { lockTo: undefined }))])
    buyer.clock.passSeconds(700)
    await recover()
    expect(state()).toBe('expired')
    expect(available(buyer.wallet)).toBe(940n)
    expect(buyer.wallet.balances().map(({ mint }) => mint)).toEqual([buyer.mint])
  })
})

test('a provider that gives less time than was paid for is told of', async () => {
  buyer = await openTestBuyer(withoutQuote())
  const honest = buyer.provider.answer.bind(buyer.provider)
  buyer.provider.answer = async (content) =>
    (await honest(content)).map((answer) => {
      const reply = JSON.parse(answer) as { duration_seconds?: number }
      return JSON.stringify({ ...reply, duration_seconds: (reply.duration_seconds ?? 0) / 2 })
    })
  await buyPod(buyer.client, buyWish({ orderId, extent: { durationSec: 600 } }), { signal })
  expect(state()).toBe('ready')
  expect(buyer.client.notes.join()).toMatch(/gives 5m for the price of 10m: paygress stop \S+ brings/)
})
