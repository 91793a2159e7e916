import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { buyPod } from '../../../src/client/buy-pod.ts'
import { allOrders, getOrder } from '../../../src/client/order-journal.ts'
import { PaygressError } from '../../../src/core/errors.ts'
import { parseOrderId } from '../../../src/core/ids.ts'
import {
  available,
  buyWish,
  failure,
  openTestBuyer,
  type TestBuyer,
} from '../../support/client/test-buyer.ts'

let buyer: TestBuyer
const signal = new AbortController().signal

describe('a purchase', () => {
  beforeEach(async () => {
    buyer = await openTestBuyer()
  })
  afterEach(async () => {
    await buyer.close()
  })

  test('ends with a pod, its ssh details and the exact payment', async () => {
    const result = await buyPod(buyer.client, buyWish({ alias: 'mine' }), { signal })
    if (result.outcome !== 'served') throw new Error('not served')
    expect(result.order.state).toBe('ready')
    expect(result.pod).toMatchObject({ host: '127.0.0.1', port: 30_001, user: 'paygress', alias: 'mine' })
    expect(result.pod.keyPath).toBe('/keys/one')
    expect(result.pod.expiresAt.getTime()).toBe(buyer.clock.now() + 600_000)
    expect(available(buyer.wallet)).toBe(940n)
  })

  test('sends what the wire spec asks for', async () => {
    await buyPod(buyer.client, buyWish({ orderId: parseOrderId('o1'), image: undefined }), { signal })
    const spawn = buyer.provider.requests.find(({ type }) => type === 'spawn')
    if (spawn?.type !== 'spawn') throw new Error('no spawn')
    const now = Math.floor(buyer.clock.now() / 1000)
    expect(spawn.message).toMatchObject({
      pod_spec_id: 'basic',
      order_id: 'o1',
      ssh_public_key: 'ssh-ed25519 AAAAkey',
      respond_before: now + 900 - 300,
      reply_relays: ['wss://relay.example'],
    })
    expect(spawn.message.refund_signature).toMatch(/^[0-9a-f]{128}$/)
  })

  test('that no provider could read costs nothing and leaves no order', async () => {
    for (const wish of [{ user: 'a b' }, { password: 'two\nlines' }, { image: 'x'.repeat(600) }]) {
      const error = await failure(buyPod(buyer.client, buyWish(wish), { signal }))
      expect(error.code).toBe('usage')
    }
    expect(buyer.provider.requests).toEqual([])
    expect(allOrders(buyer.client.orders)).toEqual([])
    expect(available(buyer.wallet)).toBe(1_000n)
  })

  test('with the same order id pays only once', async () => {
    const wish = buyWish({ orderId: parseOrderId('once') })
    const first = await buyPod(buyer.client, wish, { signal })
    const second = await buyPod(buyer.client, wish, { signal })
    if (first.outcome !== 'served' || second.outcome !== 'served') throw new Error('not served')
    expect(second.pod.npub).toBe(first.pod.npub)
    expect(buyer.provider.requests.filter(({ type }) => type === 'spawn')).toHaveLength(1)
    expect(available(buyer.wallet)).toBe(940n)
  })

  test('with the same order id and other options is a conflict', async () => {
    await buyPod(buyer.client, buyWish({ orderId: parseOrderId('once') }), { signal })
    const other = buyWish({ orderId: parseOrderId('once'), extent: { durationSec: 1200 } })
    expect((await failure(buyPod(buyer.client, other, { signal }))).code).toBe('order_conflict')
  })

  test('by amount spends no sat more', async () => {
    const result = await buyPod(buyer.client, buyWish({ extent: { amountSat: 100n } }), { signal })
    if (result.outcome !== 'served') throw new Error('not served')
    expect(available(buyer.wallet)).toBe(900n)
    expect(result.order.terms.durationSec).toBe(1000)
  })

  test('under a name that a living pod has, by alias or by its three words, is refused before anything is asked', async () => {
    const first = await buyPod(buyer.client, buyWish({ alias: 'web' }), { signal })
    if (first.outcome !== 'served') throw new Error('not served')
    const asked = buyer.provider.requests.length
    for (const alias of ['web', 'WEB', first.pod.name]) {
      const error = await failure(buyPod(buyer.client, buyWish({ alias }), { signal }))
      expect(error).toMatchObject({
        code: 'ambiguous_name',
        hint: expect.stringContaining('another --alias'),
      })
      expect(error.message).toContain(first.pod.npub)
    }
    expect(buyer.provider.requests).toHaveLength(asked)
    expect(allOrders(buyer.orders)).toHaveLength(1)
    expect(available(buyer.wallet)).toBe(940n)
    buyer.clock.passSeconds(601)
    const next = await buyPod(buyer.client, buyWish({ alias: 'web' }), { signal })
    expect(next.outcome).toBe('served')
  })

  test('under the name of an order that is not answered yet is refused too', async () => {
    buyer.provider.script = 'silent'
    const silent = buyWish({ alias: 'web', orderId: parseOrderId('first') })
    expect((await failure(buyPod(buyer.client, silent, { signal }))).code).toBe('outcome_unknown')
    const error = await failure(buyPod(buyer.client, buyWish({ alias: 'web' }), { signal }))
    expect(error).toMatchObject({
      code: 'ambiguous_name',
      hint: expect.stringContaining('paygress orders recover'),
    })
    expect(error.message).toContain('order first')
    // The order itself is not in its own way.
    buyer.provider.script = 'serve'
    const served = await buyPod(buyer.client, silent, { signal })
    expect(served.outcome).toBe('served')
  })

  test('that was drafted is not paid once another pod has its name', async () => {
    const lock = async () => Promise.reject(new PaygressError('mint_unreachable', 'it is away'))
    const offline = { ...buyer.client, wallet: { ...buyer.wallet, lock } }
    const late = buyWish({ alias: 'web', orderId: parseOrderId('late') })
    expect((await failure(buyPod(offline, late, { signal }))).code).toBe('mint_unreachable')
    await buyPod(buyer.client, buyWish({ alias: 'web' }), { signal })
    const error = await failure(buyPod(buyer.client, late, { signal }))
    expect(error).toMatchObject({
      code: 'ambiguous_name',
      message: expect.stringContaining('nothing was paid'),
      hint: expect.stringContaining('then paygress buy --order late goes on'),
    })
    expect(getOrder(buyer.orders, parseOrderId('late')).state).toBe('drafted')
    expect(available(buyer.wallet)).toBe(940n)
  })

  test('twice at once under one name brings one pod; the other payment was sent to nobody', async () => {
    const gate = Promise.withResolvers<void>()
    buyer.provider.hold = gate.promise
    const both = ['one', 'two'].map(async (id) => {
      const wish = buyWish({ alias: 'web', orderId: parseOrderId(id) })
      return buyPod(buyer.client, wish, { signal }).then(
        () => 'served',
        (error: unknown) => error,
      )
    })
    const lost = await Promise.race(both)
    gate.resolve()
    expect(lost).toMatchObject({
      code: 'ambiguous_name',
      message: expect.stringMatching(/nothing was (?:sent|paid)/),
    })
    expect(await Promise.all(both)).toContain('served')
    expect(buyer.orders.pods()).toHaveLength(1)
    expect(buyer.provider.requests.filter(({ type }) => type === 'spawn')).toHaveLength(1)
  })

  test('as a dry run shows the price and leaves no trace', async () => {
    const result = await buyPod(buyer.client, buyWish({ dryRun: true, yes: false }), { signal })
    if (result.outcome !== 'planned') throw new Error('not planned')
    expect(result.preview).toMatchObject({
      totalSat: 60n,
      balanceAfterSat: 940n,
      durationSec: 600,
      locked: true,
    })
    expect(allOrders(buyer.orders)).toEqual([])
    expect(available(buyer.wallet)).toBe(1000n)
  })

  test('by a token takes it into the wallet and pays locked', async () => {
    const sent = await buyer.wallet.send(buyer.mint, 200n, {})
    if (sent.status !== 'done') throw new Error('not sent')
    await buyPod(buyer.client, buyWish({ token: sent.token }), { signal })
    expect(available(buyer.wallet)).toBe(940n)
  })

  test('by a token without a lock hands the token on', async () => {
    const sent = await buyer.wallet.send(buyer.mint, 60n, {})
    if (sent.status !== 'done') throw new Error('not sent')
    await buyPod(buyer.client, buyWish({ token: sent.token, lock: false }), { signal })
    const spawn = buyer.provider.requests.find(({ type }) => type === 'spawn')
    expect(spawn?.type === 'spawn' && spawn.message.cashu_token).toBe(sent.token)
    expect(available(buyer.wallet)).toBe(940n)
  })

  test('passes over rubbish and other orders’ answers', async () => {
    buyer.provider.script = 'rubbish-then-serve'
    const result = await buyPod(buyer.client, buyWish(), { signal })
    expect(result.outcome).toBe('served')
  })

  test('takes the first of two answers', async () => {
    buyer.provider.script = 'serve-twice'
    const result = await buyPod(buyer.client, buyWish(), { signal })
    if (result.outcome !== 'served') throw new Error('not served')
    expect(getOrder(buyer.orders, result.order.orderId).state).toBe('ready')
  })

  test('twice at once in one home makes two orders and pays both', async () => {
    const results = await Promise.all([
      buyPod(buyer.client, buyWish(), { signal }),
      buyPod(buyer.reopen().client, buyWish(), { signal }),
    ])
    expect(results.map(({ outcome }) => outcome)).toEqual(['served', 'served'])
    expect(available(buyer.wallet)).toBe(880n)
  })
})

describe('before anything is paid', () => {
  beforeAll(async () => {
    buyer = await openTestBuyer()
  })
  afterAll(async () => {
    await buyer.close()
  })

  const cases = [
    ['an unknown spec', { spec: 'basik' }, 'unknown_spec', '--spec basic'],
    ['an unknown provider', { provider: 'nobody' }, 'unknown_provider', 'offers'],
    ['a time under the minimum', { extent: { durationSec: 30 } }, 'duration_out_of_range', '--for 1m'],
    ['a time over the maximum', { extent: { durationSec: 90_000 } }, 'duration_out_of_range', '--for 1d'],
    ['a price over the limit', { maxPriceSat: 59n }, 'price_too_high', '--max-price 60'],
    ['too little money', { extent: { durationSec: 20_000 } }, 'insufficient_funds', 'wallet fund'],
    ['no confirmation', { yes: false }, 'input_needed', '--yes'],
    ['an end in the past', { extent: { until: new Date(0) } }, 'invalid_duration', '--for'],
  ] as const
  test.each(cases)('%s stops it and says what to do', async (_, wish, code, hint) => {
    const error = await failure(buyPod(buyer.client, buyWish(wish), { signal }))
    expect(error.code).toBe(code)
    expect(error.hint).toContain(hint)
    expect(allOrders(buyer.orders)).toEqual([])
    expect(available(buyer.wallet)).toBe(1000n)
  })

  test('dead relays are named', async () => {
    buyer.wire.dead = true
    onTestFinished(() => void (buyer.wire.dead = false))
    const error = await failure(buyPod(buyer.client, buyWish(), { signal }))
    expect(error).toMatchObject({ code: 'relays_unreachable', exitCode: 3 })
    expect(error.message).toContain('wss://relay.example')
  })

  test('a quote above the offer stops it', async () => {
    buyer.provider.quoteAmountSat = 61
    onTestFinished(() => void (buyer.provider.quoteAmountSat = undefined))
    expect((await failure(buyPod(buyer.client, buyWish(), { signal }))).code).toBe('price_too_high')
    expect(available(buyer.wallet)).toBe(1000n)
  })

  test('a mint that is not trusted needs to be named', async () => {
    buyer.wallet.distrustMint(buyer.mint)
    const error = await failure(buyPod(buyer.client, buyWish(), { signal }))
    expect(error).toMatchObject({ code: 'input_needed', exitCode: 4 })
    expect(error.hint).toContain(`--mint ${buyer.mint}`)
  })
})

test('an invoice that is paid is minted before another one is asked for, however long its mint keeps it back', async () => {
  const poor = await openTestBuyer({ funds: 0n })
  onTestFinished(() => poor.close())
  const shown: bigint[] = []
  const wish = buyWish({ orderId: parseOrderId('gap') })
  const buy = (by: TestBuyer) =>
    buyPod(by.client, wish, { signal, showInvoice: ({ amountSat }) => void shown.push(amountSat) })
  const keepBack = (): void => {
    for (let i = 0; i < 20; i++) poor.runningMint.failNext({ path: '/v1/mint/bolt11', kind: '500-before' })
  }
  keepBack()
  expect((await failure(buy(poor))).code).toBe('payment_not_started')
  keepBack()
  const later = poor.reopen()
  const error = await failure(buy(later))
  expect(error).toMatchObject({
    code: 'payment_not_started',
    hint: expect.stringContaining('orders recover'),
  })
  expect(error.message).toContain('has not handed out yet what was paid')
  poor.runningMint.faults.length = 0
  expect(await buy(later)).toMatchObject({ outcome: 'served' })
  expect(shown).toHaveLength(1)
  expect(available(later.wallet)).toBe(0n)
})

test('what a mint has kept back for more than a day is noted, and another invoice is asked for', async () => {
  const poor = await openTestBuyer({ funds: 0n })
  onTestFinished(() => poor.close())
  const { faults } = poor.runningMint
  const keepBack = (): void => {
    for (let i = 0; i < 20; i++) poor.runningMint.failNext({ path: '/v1/mint/bolt11', kind: '500-before' })
  }
  keepBack()
  const wish = buyWish({ orderId: parseOrderId('first') })
  const first = await failure(buyPod(poor.client, wish, { signal, showInvoice: () => undefined }))
  expect(first.code).toBe('payment_not_started')
  const later = poor.reopen()
  poor.clock.passSeconds(86_401)
  keepBack()
  const next = buyWish({ orderId: parseOrderId('next') })
  const showInvoice = (): void => void (faults.length = 0)
  expect(await buyPod(later.client, next, { signal, showInvoice })).toMatchObject({ outcome: 'served' })
  expect(later.client.notes).toContainEqual(expect.stringContaining('has kept back for more than a day'))
})
