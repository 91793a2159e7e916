// How does an order change? By compare-and-set, inside the transaction that belongs to the change, and only along its diagram.
import { PaygressError } from '../core/errors.ts'
import { nameArgument } from '../core/quote-argument.ts'
import type { OrderId } from '../core/ids.ts'
import type { Transaction } from '../wallet/transaction.ts'
import { NEXT_STATES, type Order, type OrderData, type OrderIn, type OrderState } from './order.ts'
import { decodeOrder, encodeOrder } from './order-record.ts'
import type { OrderStore } from './ports.ts'

/** The order of that id, or undefined. */
export function findOrder(orders: OrderStore, orderId: OrderId): Order | undefined {
  const stored = orders.order(orderId)
  return stored === undefined ? undefined : decodeOrder(stored)
}

/** The order of that id; throws `unknown_order`. */
export function getOrder(orders: OrderStore, orderId: OrderId): Order {
  const order = findOrder(orders, orderId)
  if (order !== undefined) return order
  throw new PaygressError('unknown_order', `there is no order ${nameArgument(orderId)}`, {
    hint: 'paygress orders list',
  })
}

export function allOrders(orders: OrderStore): Order[] {
  return orders.orders().map(decodeOrder)
}

/** Writes a new order; throws `order_conflict` where the id is taken. */
export function insertOrder(orders: OrderStore, tx: Transaction, orderId: OrderId, data: OrderData): void {
  if (orders.insertOrder(tx, { orderId, ...encodeOrder(data) })) return
  throw new PaygressError('order_conflict', `there is already an order ${orderId}`, {
    hint: 'use another --order id, or leave it out',
  })
}

/** Moves an order on, as it was read; throws `busy` where another process has moved it since. */
export function moveOrder<Next extends OrderData>(
  orders: OrderStore,
  tx: Transaction,
  from: Order,
  next: Next,
): void {
  if (!NEXT_STATES[from.state].includes(next.state)) {
    throw new PaygressError('internal', `an order cannot go from ${from.state} to ${next.state}`)
  }
  const { state, body } = encodeOrder(next)
  const moved = orders.replaceOrder(tx, { orderId: from.orderId, revision: from.revision, state, body })
  if (!moved) throw changedElsewhere(from.orderId)
}

/** Moves an order in a transaction of its own and reads it back. */
export function moveNow(orders: OrderStore, from: Order, next: OrderData): Order {
  orders.transaction((tx) => moveOrder(orders, tx, from, next))
  return getOrder(orders, from.orderId)
}

/** Narrows an order to the states a step can work on; throws `busy` where it has moved on meanwhile. */
export function inState<State extends OrderState>(order: Order, ...states: State[]): OrderIn<State> {
  if (isIn(order, states)) return order
  throw changedElsewhere(order.orderId)
}

export function isIn<State extends OrderState>(
  order: Order,
  states: readonly State[],
): order is OrderIn<State> {
  return states.some((state) => state === order.state)
}

/** Does some work on an order that nobody else works on meanwhile; throws `busy` where somebody does, `unknown_order`. */
export async function withClaim<Result>(
  orders: OrderStore,
  orderId: OrderId,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!orders.claim(getOrder(orders, orderId).orderId)) throw claimedElsewhere(orderId)
  try {
    return await work()
  } finally {
    orders.unclaim(orderId)
  }
}

function changedElsewhere(orderId: OrderId): PaygressError {
  return new PaygressError('busy', `order ${orderId} was changed by another paygress meanwhile`, {
    hint: `paygress orders show ${orderId}`,
  })
}

function claimedElsewhere(orderId: OrderId): PaygressError {
  return new PaygressError('busy', `another paygress is working on order ${orderId}`, {
    hint: `wait for it, then: paygress orders show ${orderId}`,
  })
}
