// Has the provider lost a machine that was running, and sent the money back?
import { parseReply } from '../protocol/reply.ts'
import type { PaymentState } from '../protocol/payment-state.ts'
import { moveNow } from './order-journal.ts'
import type { Order, OrderIn } from './order.ts'
import { takeBack } from './take-back.ts'
import type { Client } from './ports.ts'
import { usableRefunds } from './receive-refund.ts'

type Taker = Pick<Client, 'wallet' | 'orders'>

/** The refund in an unasked answer to a purchase, or undefined for anything else. */
export function refundIn(order: Order, content: string): PaymentState | undefined {
  const reply = parseReply('spawn', content)
  if (reply?.outcome !== 'error' || reply.message.payment?.status !== 'refunded') return undefined
  const { order_id: named } = reply.message
  return named === undefined || named === order.orderId ? reply.message.payment : undefined
}

/**
 * Receives what the provider paid back for a lost lease: ready or expired → reclaiming → refunded, and the pod is `lost`. The order as it was
 * where nothing of it is money to us.
 */
export async function takeLostLease(
  client: Taker,
  order: OrderIn<'ready' | 'expired'>,
  payment: PaymentState,
  signal: AbortSignal,
): Promise<Order> {
  if (payment.status !== 'refunded') return order
  const { orders } = client
  const told = [payment.refund_token, ...(payment.further_refund_tokens ?? [])]
  const tokens = await usableRefunds(client, order, told)
  if (tokens.length === 0) return order
  const after = await takeBack(client, order, { by: 'receive', tokens, lostLease: true }, signal)
  const pod = orders.pod(order.podNpub)
  if (pod !== undefined) orders.transaction((tx) => orders.savePod(tx, { ...pod, state: 'lost' }))
  return after
}

/** Writes that a lease is over: only for one whose inbox was read past its end. */
export function markExpired({ orders }: Pick<Client, 'orders'>, order: OrderIn<'ready'>): Order {
  const after = moveNow(orders, order, { ...order, state: 'expired' })
  const pod = orders.pod(order.podNpub)
  if (pod !== undefined) orders.transaction((tx) => orders.savePod(tx, { ...pod, state: 'expired' }))
  return after
}
