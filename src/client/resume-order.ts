// How does an order on disk go on, whichever command it came from?
import { PaygressError } from '../core/errors.ts'
import type { OrderId } from '../core/ids.ts'
import { advanceOrder, type ServedOrder } from './advance-order.ts'
import { getOrder, withClaim } from './order-journal.ts'
import type { Order } from './order.ts'
import type { Client, Pod } from './ports.ts'
import type { PurchaseView } from './wish.ts'

/** Says in an error which kind of order was expected. */
const WORDS = { buy: 'purchase', topup: 'top-up' } as const

/**
 * Goes on with an order until it is served. Throws `unknown_order`, `order_conflict` where it is of the other kind (nothing is
 * done then), and as `advanceOrder` does.
 */
export async function resumeOrder(
  client: Client,
  orderId: OrderId,
  expected: Order['kind'],
  { timeoutMs, view }: { timeoutMs: number | undefined; view: PurchaseView },
): Promise<{ order: ServedOrder; pod: Pod }> {
  const conflict = (problem: string): PaygressError =>
    new PaygressError('order_conflict', `order ${orderId} ${problem}`, {
      hint: `paygress orders show ${orderId}`,
    })
  const order = await withClaim(client.orders, orderId, async () => {
    const found = getOrder(client.orders, orderId)
    if (found.kind !== expected) throw conflict(`is a ${WORDS[found.kind]}, not a ${WORDS[expected]}`)
    return advanceOrder(client, found, { timeoutMs, showInvoice: view.showInvoice, signal: view.signal })
  })
  const pod = client.orders.pod(order.podNpub)
  if (pod === undefined) throw conflict('has no pod')
  return { order, pod }
}
