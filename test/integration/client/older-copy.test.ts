// A home that was put back from an older copy believes that a payment never left it, and its receiver has long had it.
import { afterEach, expect, test } from 'vitest'
import { buyPod } from '../../../src/client/buy-pod.ts'
import { getOrder, isIn } from '../../../src/client/order-journal.ts'
import { encodeOrder } from '../../../src/client/order-record.ts'
import { brokenWords } from '../../../src/client/broken-words.ts'
import { showOrder } from '../../../src/client/list-orders.ts'
import { recoverOrders } from '../../../src/client/recover-orders.ts'
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
const orderId = parseOrderId('o1')

afterEach(async () => buyer.close())

test('a recovery says that somebody else has spent it, and ends the order when no refund is kept any more', async () => {
  buyer = await openTestBuyer()
  buyer.provider.script = 'capture-silently'
  expect((await failure(buyPod(buyer.client, buyWish({ orderId }), { signal }))).exitCode).toBe(7)
  const sent = getOrder(buyer.orders, orderId)
  if (!isIn(sent, ['silent'])) throw new Error(sent.state)
  const { message: _, ...unsent } = sent
  const { state, body } = encodeOrder({ ...unsent, state: 'locked' })
  buyer.orders.transaction((tx) =>
    buyer.orders.replaceOrder(tx, { orderId, revision: sent.revision, state, body }),
  )
  buyer.clock.passSeconds(3_000)
  await recoverOrders(buyer.client, { mode: 'full', signal: AbortSignal.timeout(20_000) })
  expect(getOrder(buyer.orders, orderId)).toMatchObject({
    state: 'locked',
    revision: sent.revision + 2,
    spentElsewhere: true,
  })
  expect(showOrder(buyer.client, orderId)).toMatchObject({
    money: expect.stringContaining('another copy of this home spent them, or the mint errs'),
    next: 'paygress orders recover ends it, 30 days after its lock at the latest',
  })
  expect(available(buyer.wallet)).toBe(940n)

  // Each row takes counters, and a restore from the words steps over so many only.
  const rows = (): number => buyer.wallet.history(100).filter(({ kind }) => kind === 'reclaim').length
  expect(rows()).toBe(0)
  await recoverOrders(buyer.client, { mode: 'full', signal: AbortSignal.timeout(20_000) })
  expect(rows()).toBe(0)
  expect(getOrder(buyer.orders, orderId)).toMatchObject({ state: 'locked', revision: sent.revision + 2 })

  // Nobody keeps a refund for it any more; of its provider this home knows nothing.
  buyer.clock.passSeconds(30 * 86_400)
  await recoverOrders(buyer.client, { mode: 'full', signal: AbortSignal.timeout(20_000) })
  expect(getOrder(buyer.orders, orderId).state).toBe('broken')
  expect(brokenWords(buyer.orders)).toEqual(new Map())
  const error = await failure(buyPod(buyer.client, buyWish({ orderId }), { signal }))
  expect(error).toMatchObject({
    exitCode: 1,
    hint: 'look for another copy of this home; another order is a new purchase',
  })
  expect(error.message).toContain('are spent by the word of the mint')
})

test('what is said of a payment that seemed spent does not outlive the word of the mint that it is not', async () => {
  buyer = await openTestBuyer()
  buyer.provider.script = 'silent'
  await failure(buyPod(buyer.client, buyWish({ orderId }), { signal }))
  const sent = getOrder(buyer.orders, orderId)
  if (!isIn(sent, ['silent'])) throw new Error(sent.state)
  const { message: _, ...unsent } = sent
  const { state, body } = encodeOrder({ ...unsent, state: 'locked', spentElsewhere: true })
  buyer.orders.transaction((tx) =>
    buyer.orders.replaceOrder(tx, { orderId, revision: sent.revision, state, body }),
  )
  buyer.clock.passSeconds(3_000)
  const refuses = {
    ...buyer.wallet,
    reclaim: async () => {
      throw new PaygressError('mint_misbehaved', 'the mint refuses')
    },
  }
  const client = { ...buyer.client, wallet: refuses }
  await recoverOrders(client, { mode: 'full', signal: AbortSignal.timeout(20_000) })
  const after = getOrder(buyer.orders, orderId)
  expect(after).toMatchObject({ state: 'locked' })
  expect(after).not.toHaveProperty('spentElsewhere')
  expect(showOrder(buyer.client, orderId).money).toContain('are set aside for it')
})
