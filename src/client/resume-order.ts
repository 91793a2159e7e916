// How does an order on disk go on, whichever command it came from?
import { formatDuration } from '../core/duration.ts'
import { PaygressError } from '../core/errors.ts'
import type { OrderId } from '../core/ids.ts'
import { advanceOrder, type ServedOrder } from './advance-order.ts'
import { getOrder, withClaim } from './order-journal.ts'
import { refuseDryRun } from './order-limits.ts'
import { grantedSec, type Order } from './order.ts'
import type { Client, Pod } from './ports.ts'
import type { PurchaseView, ResumeWish } from './wish.ts'

/** What is paid in whole sats is time in whole seconds. */
const ROUNDING_SEC = 1

/** Says in an error which kind of order was expected. */
const WORDS = { buy: 'purchase', topup: 'top-up' } as const

/**
 * Goes on with an order until it is served. Throws `unknown_order`, `order_conflict` where it is of the other kind and for a dry run
 * (nothing is done then), and as `advanceOrder` does.
 */
export async function resumeOrder(
  client: Client,
  orderId: OrderId,
  expected: Order['kind'],
  { wish, view }: { wish: ResumeWish; view: PurchaseView },
): Promise<{ order: ServedOrder; pod: Pod }> {
  const conflict = (problem: string): PaygressError =>
    new PaygressError('order_conflict', `order ${orderId} ${problem}`, {
      hint: `paygress orders show ${orderId}`,
    })
  const order = await withClaim(client.orders, orderId, async () => {
    const found = getOrder(client.orders, orderId)
    if (found.kind !== expected) throw conflict(`is a ${WORDS[found.kind]}, not a ${WORDS[expected]}`)
    refuseDryRun(found, wish)
    const { showInvoice, signal } = view
    return advanceOrder(client, found, { timeoutMs: wish.timeoutMs, limits: wish, showInvoice, signal })
  })
  const pod = client.orders.pod(order.podNpub)
  if (pod === undefined) throw conflict('has no pod')
  sayWhatIsMissing(client, order, pod)
  return { order, pod }
}

/** The provider's word on the time stands in the answer; that it is less than was paid for must not go unseen. */
function sayWhatIsMissing({ progress }: Client, order: ServedOrder, pod: Pod): void {
  const [granted, asked] = [grantedSec(order), order.terms.durationSec]
  if (granted + ROUNDING_SEC >= asked) return
  progress.note(
    `the provider gives ${formatDuration(granted)} for the price of ${formatDuration(asked)}: paygress stop ${pod.name} brings the unused time back`,
  )
}
