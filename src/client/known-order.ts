// How does a second `--order ID` find the first?
import { findOrder } from './order-journal.ts'
import { orderConflict, refuseDryRun } from './order-limits.ts'
import type { Order } from './order.ts'
import type { Client } from './ports.ts'
import { type BuyWish, fingerprintOf, type TopupWish } from './wish.ts'

/** The order that this wish goes on with, or undefined. Throws `order_conflict` where the id belongs to another wish, and for a dry run. */
export function knownOrder({ orders }: Pick<Client, 'orders'>, wish: BuyWish | TopupWish): Order | undefined {
  const order = wish.orderId === undefined ? undefined : findOrder(orders, wish.orderId)
  if (order === undefined) return undefined
  if (order.terms.fingerprint !== fingerprintOf(wish))
    throw orderConflict(order, 'was made with other options', 'give the same options to go on with it')
  refuseDryRun(order, wish)
  return order
}
