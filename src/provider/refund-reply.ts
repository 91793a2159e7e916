// How is a refund told to its buyer?
import { toSafeNumber } from '../core/money.ts'
import type { PaymentState } from '../protocol/payment-state.ts'
import type { StopReply } from '../protocol/stop.ts'
import type { Refunding } from './order.ts'
import type { SpawnOrder, StopOrder, TopupOrder } from './orders.ts'
import { refusal, refusalReply } from './refusal-reply.ts'

const DUST_REASON = 'the rest is worth less than the fee of claiming it'

/** The reply of a stop, or the error reply of an order whose money goes back. */
export function refundedReply(order: SpawnOrder | TopupOrder | StopOrder, stage: Refunding): string {
  if (order.kind === 'stop') return stopReply(order, stage)
  const why = stage.refusal ?? refusal('internal_error', 'The order could not be served')
  return refusalReply(why, order.orderId, paymentState(stage))
}

function paymentState(stage: Refunding): PaymentState {
  const [first, ...further] = stage.refunded
  if (first === undefined) return { status: 'kept', reason: DUST_REASON }
  return {
    status: 'refunded',
    refund_token: first.token,
    amount_msat: total(stage),
    ...furtherTokens(further),
  }
}

function stopReply(order: StopOrder, stage: Refunding): string {
  const [first, ...further] = stage.refunded
  const reply: StopReply = {
    pod_npub: order.podNpub,
    state: 'stopped',
    used_seconds: order.usedSec,
    refunded_msat: total(stage),
    ...(first === undefined ? {} : { refund_token: first.token }),
    ...furtherTokens(further),
    order_id: order.orderId,
  }
  return JSON.stringify(reply)
}

function total(stage: Refunding): number {
  return toSafeNumber(stage.refunded.reduce((sum, part) => sum + part.amountMsat, 0n))
}

function furtherTokens(further: Refunding['refunded']): { further_refund_tokens?: string[] } {
  return further.length === 0 ? {} : { further_refund_tokens: further.map((part) => part.token) }
}
