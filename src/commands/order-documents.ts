// How does an order look to a script?
import type { OrderSummary } from '../client/list-orders.ts'
import { toSafeNumber } from '../core/money.ts'

/** One entry of `orders list`. */
export function orderDocument(order: OrderSummary) {
  return {
    order_id: order.orderId,
    kind: order.kind,
    state: order.state,
    pod_npub: order.podNpub ?? null,
    provider_npub: order.providerNpub,
    amount_sat: toSafeNumber(order.amountSat),
    mint: order.mint,
    created_at: order.createdAt.toISOString(),
    updated_at: order.updatedAt.toISOString(),
    error: order.error ?? null,
  }
}
