// How does an order come into being?
import type { OrderId } from '../core/ids.ts'
import { findOrder, getOrder, insertOrder } from './order-journal.ts'
import { orderConflict } from './order-limits.ts'
import type { Order, OrderKind } from './order.ts'
import type { OrderTerms } from './order-terms.ts'
import type { Client } from './ports.ts'

/** Writes a drafted order with its refund key; throws `order_conflict` where another wish, or another price, took the id meanwhile. */
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
    // The same command in another process was faster: its order is this one, where it costs what was said yes to.
    const found = findOrder(orders, orderId)
    if (found?.terms.fingerprint !== terms.fingerprint) throw error
    if (!costsTheSame(found.terms, terms))
      throw orderConflict(
        found,
        `was drafted by another command meanwhile, on other terms, and is ${found.state} now; this command paid nothing`,
        'the same command goes on with it',
      )
  }
  return getOrder(orders, orderId)
}

function costsTheSame(one: OrderTerms, other: OrderTerms): boolean {
  return (['provider', 'mint', 'netSat', 'rateMsatPerSec'] as const).every(
    (name) => one[name] === other[name],
  )
}
