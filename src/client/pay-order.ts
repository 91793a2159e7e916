// How does a drafted order get its payment? The wallet locks it to the provider; order and token are on disk before anything is sent.
import { PaygressError } from '../core/errors.ts'
import { unixSeconds } from '../core/clock.ts'
import type { Outcome } from '../wallet/operation-options.ts'
import { orderEffect } from './order-effects.ts'
import { getOrder, inState, moveOrder } from './order-journal.ts'
import { paymentUnknown } from './order-errors.ts'
import type { Order, OrderIn } from './order.ts'
import type { Deadlines } from './order-terms.ts'
import type { Client } from './ports.ts'

/** No lock is shorter, whatever the provider asks. */
const LEAST_LOCK_SEC = 900
/** The provider has to have captured this long before the lock ends. */
const RESPOND_MARGIN_SEC = 300
/** A plain token is for whoever answers within this time. */
const PLAIN_RESPOND_SEC = 600

type Payer = Pick<Client, 'wallet' | 'orders' | 'clock'>

/** drafted → locked, where no payment is open. Throws `payment_not_started` where the mint refuses or does not answer, and the wallet's own errors. */
export async function payOrder(
  client: Payer,
  order: OrderIn<'drafted'>,
  signal: AbortSignal,
): Promise<OrderIn<'locked'>> {
  const deadlines = await deadlinesOf(client, order)
  signal.throwIfAborted()
  const outcome = await startPayment(client, order, deadlines, signal)
  return lockedAfter(client, order, outcome)
}

/** The order once the payment that was begun for it, if any, has ended. Throws `payment_not_started` while the mint's answer is missing. */
export async function endOpenPayment(
  client: Payer,
  order: OrderIn<'drafted'>,
  signal: AbortSignal,
): Promise<Order> {
  if (order.payOperation === undefined) return order
  const outcome = await client.wallet.settle(order.payOperation, signal)
  if (outcome.status === 'unknown') throw paymentUnknown(order)
  return getOrder(client.orders, order.orderId)
}

async function startPayment(
  client: Payer,
  order: OrderIn<'drafted'>,
  deadlines: Deadlines,
  signal: AbortSignal,
): Promise<Outcome> {
  const { wallet, orders } = client
  const { mint, netSat, lock } = order.terms
  const options = {
    orderId: order.orderId,
    effect: orderEffect('order-locked', order),
    prepare: (tx: Parameters<Parameters<typeof orders.transaction>[0]>[0], payOperation: string) =>
      moveOrder(orders, tx, order, { ...order, payOperation, deadlines, note: undefined }),
    signal,
  }
  if (lock === undefined) return wallet.send(mint, netSat, options)
  if (deadlines.locktime === undefined) throw new PaygressError('internal', 'a lock without an end')
  const terms = {
    pubkey: lock.pubkey,
    locktime: deadlines.locktime,
    refundPubkey: order.refundKey.pubkey,
  }
  return wallet.lock(mint, netSat, terms, options)
}

function lockedAfter(client: Payer, order: Order, outcome: Outcome): OrderIn<'locked'> {
  const current = getOrder(client.orders, order.orderId)
  if (outcome.status === 'unknown') throw paymentUnknown(current)
  if (outcome.status === 'done') return inState(current, 'locked')
  throw new PaygressError(
    outcome.reason === 'spent' ? 'token_spent' : 'payment_not_started',
    `the mint ${order.terms.mint} refused the payment: ${outcome.detail}; nothing was sent`,
    { hint: 'paygress orders recover', details: { order_id: order.orderId } },
  )
}

/** When a payment made now ends; by the mint's clock, since the mint decides. */
export async function deadlinesOf(client: Payer, order: Pick<Order, 'terms'>): Promise<Deadlines> {
  const { mint, lock } = order.terms
  const mintNow = await client.wallet.mintTime(mint)
  const mintAheadSec = mintNow - unixSeconds(client.clock)
  if (lock === undefined) return { respondBefore: mintNow + PLAIN_RESPOND_SEC, mintAheadSec }
  const locktime = mintNow + Math.max(lock.minimumLockSec, LEAST_LOCK_SEC)
  return { locktime, respondBefore: locktime - RESPOND_MARGIN_SEC, mintAheadSec }
}
