// How does the unused time of a pod that was stopped come into the wallet?
import { maySucceedLater } from './may-succeed-later.ts'
import { podName } from './apply-answer.ts'
import { endLease, orderEffect, refundFailed } from './order-effects.ts'
import { getOrder, isIn, moveNow, moveOrder } from './order-journal.ts'
import type { Order, OrderIn } from './order.ts'
import type { Client, OrderStore } from './ports.ts'
import { receiveOneOf } from './receive-refund.ts'

type Receiver = Pick<Client, 'wallet' | 'orders' | 'progress'>

/** Receives the tokens of a stop's answer one by one; `stopped` after the last one, `stopping` where a mint stands in the way now. */
export async function receiveStopRefund(client: Receiver, start: Order, signal: AbortSignal): Promise<Order> {
  try {
    return await receiveAll(client, start, signal)
  } catch (error) {
    if (!maySucceedLater(error) || !('podNpub' in start)) throw error
    client.progress.note(
      `the refund of ${podName(start.podNpub)} stays where it is for now: ${error.message}`,
    )
    return getOrder(client.orders, start.orderId)
  }
}

async function receiveAll(client: Receiver, start: Order, signal: AbortSignal): Promise<Order> {
  const { wallet, orders } = client
  let order = start
  while (isIn(order, ['stopping'])) {
    const { stop } = order
    if (stop.answer === undefined || stop.answer.tokens.length === 0) return order
    if (stop.operation !== undefined) {
      const outcome = await wallet.settle(stop.operation, signal)
      if (outcome.status === 'unknown') return order
    } else if (!(await receiveNext(client, order, stop.answer, signal)))
      return getOrder(orders, order.orderId)
    order = getOrder(orders, order.orderId)
  }
  return order
}

/** False where the mint has not said what became of it. */
async function receiveNext(
  client: Receiver,
  order: OrderIn<'stopping'>,
  answer: NonNullable<OrderIn<'stopping'>['stop']['answer']>,
  signal: AbortSignal,
): Promise<boolean> {
  const { orders } = client
  client.progress.step('receiving what is left')
  const { tokens, outcome } = await receiveOneOf(client, order, answer.tokens, (inOrder) => ({
    orderId: order.orderId,
    effect: orderEffect('order-stopped', order),
    prepare: (tx, operation) =>
      moveOrder(orders, tx, order, {
        ...order,
        stop: { ...order.stop, answer: { ...answer, tokens: inOrder }, operation },
      }),
    signal,
  }))
  if (outcome === 'unusable') skipFirst(orders, order, { ...answer, tokens })
  return outcome === 'unusable' || outcome.status !== 'unknown'
}

function skipFirst(
  orders: OrderStore,
  order: OrderIn<'stopping'>,
  answer: NonNullable<OrderIn<'stopping'>['stop']['answer']>,
): void {
  const rest = { ...answer, tokens: answer.tokens.slice(1) }
  const failed = refundFailed(order, answer.tokens.slice(0, 1), 'it is no token of a mint that was paid with')
  if (rest.tokens.length > 0)
    return void moveNow(orders, order, { ...order, ...failed, stop: { ...order.stop, answer: rest } })
  orders.transaction((tx) => endLease(orders, tx, { ...order, ...failed }, rest))
}
