// How does an order look to a script, and its outlook to a person?
import type { OrderSummary } from '../client/list-orders.ts'
import type { OrderOutlook } from '../client/order-outlook.ts'
import { toSafeNumber } from '../core/money.ts'
import { localTimeText, roughDuration } from '../terminal/words.ts'

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

/** `lock_ends_at` of a document: when a payment that is still open is ours again at the latest. */
export function lockEndOf({ lockEndsAt }: OrderOutlook): string | null {
  return lockEndsAt?.toISOString() ?? null
}

/** For people: when the lock ends, on the clock on their wall and from now, and what can be typed. */
export function outlookFields(
  { lockEndsAt, next }: OrderOutlook,
  nowMs: number,
): [key: string, value: string | undefined][] {
  return [
    [
      'lock ends',
      lockEndsAt === undefined ? undefined : `${localTimeText(lockEndsAt)}, ${away(lockEndsAt, nowMs)}`,
    ],
    ['next', next],
  ]
}

function away(time: Date, nowMs: number): string {
  const seconds = Math.ceil((time.getTime() - nowMs) / 1000)
  return seconds > 0 ? `in ${roughDuration(seconds)}` : `${roughDuration(-seconds)} ago`
}
