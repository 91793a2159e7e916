// Has the provider lost a machine that was running, and sent the money back?
import { parseReply } from '../protocol/reply.ts'
import type { PaymentState } from '../protocol/payment-state.ts'
import { moveNow } from './order-journal.ts'
import { refundTokens } from './kept-tokens.ts'
import type { Order, OrderIn } from './order.ts'
import { takeBack } from './take-back.ts'
import type { Client } from './ports.ts'
import { sortRefunds } from './receive-refund.ts'

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
 * where nothing of it is money to us. Throws what stands in the way now where it may be money later.
 */
export async function takeLostLease(
  client: Taker,
  order: OrderIn<'ready' | 'expired'>,
  payment: PaymentState,
  signal: AbortSignal,
): Promise<Order> {
  const { usable, others, later } = await sortRefunds(client, order, refundTokens(payment))
  // Before its mint has said what the refund is, nothing of the lease is written down as over.
  if (usable.length === 0 && later !== undefined) throw later
  if (usable.length === 0) return order
  const tokens = usable.map(({ token }) => token)
  return takeBack(client, order, { by: 'receive', tokens, others, lostLease: true }, signal)
}

/** Writes that a lease is over: only for one whose inbox was read past its end. */
export function markExpired({ orders }: Pick<Client, 'orders'>, order: OrderIn<'ready'>): Order {
  const after = moveNow(orders, order, { ...order, state: 'expired' })
  const pod = orders.pod(order.podNpub)
  if (pod !== undefined) orders.transaction((tx) => orders.savePod(tx, { ...pod, state: 'expired' }))
  return after
}
