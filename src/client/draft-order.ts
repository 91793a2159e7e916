// How does an order come into being, and how does a second `--order ID` find the first?
import { PaygressError } from '../core/errors.ts'
import type { OrderId } from '../core/ids.ts'
import { findOrder, getOrder, insertOrder } from './order-journal.ts'
import type { Order, OrderKind } from './order.ts'
import type { OrderTerms } from './order-terms.ts'
import type { Client } from './ports.ts'
import { type BuyWish, fingerprintOf, type TopupWish } from './wish.ts'

/** Writes a drafted order with its refund key; throws `order_conflict` where another wish took the id meanwhile. */
export function draftOrder(
  { orders, wallet }: Pick<Client, 'orders' | 'wallet'>,
  orderId: OrderId,
  terms: OrderTerms,
): Order {
  // A mint the person named is one they trust; the plan alone has not said so to the wallet.
  if (!wallet.isTrusted(terms.mint)) wallet.trustMint(terms.mint)
  const kind: OrderKind = terms.podNpub === undefined ? 'buy' : 'topup'
  wallet.prepareRefundKey()
  try {
    orders.transaction((tx) =>
      insertOrder(orders, tx, orderId, { state: 'drafted', kind, terms, refundKey: wallet.newRefundKey(tx) }),
    )
  } catch (error) {
    // The same command in another process was faster: its order is this one.
    if (findOrder(orders, orderId)?.terms.fingerprint !== terms.fingerprint) throw error
  }
  return getOrder(orders, orderId)
}

/** The order that this wish goes on with, or undefined; throws `order_conflict` where the id belongs to another wish. */
export function existingOrder(
  { orders }: Pick<Client, 'orders'>,
  wish: BuyWish | TopupWish,
): Order | undefined {
  const order = wish.orderId === undefined ? undefined : findOrder(orders, wish.orderId)
  if (order === undefined || order.terms.fingerprint === fingerprintOf(wish)) return order
  throw new PaygressError('order_conflict', `order ${order.orderId} was made with other options`, {
    hint: `paygress orders show ${order.orderId}; give the same options to go on with it, or another --order id`,
    details: { order_id: order.orderId, state: order.state },
  })
}
