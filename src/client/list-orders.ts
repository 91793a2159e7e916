// Which orders were made, and how does each one stand?
import type { OrderId } from '../core/ids.ts'
import type { MintUrl } from '../core/mint-url.ts'
import { encodeProviderNpub, type PodNpub, type ProviderNpub } from '../core/npub.ts'
import { whereTheMoneyIs } from './money-text.ts'
import { allOrders, getOrder } from './order-journal.ts'
import { type OrderOutlook, outlookOf } from './order-outlook.ts'
import type { Order, OrderKind, OrderState } from './order.ts'
import type { Client } from './ports.ts'

export interface OrderSummary extends OrderOutlook {
  orderId: OrderId
  kind: OrderKind
  state: OrderState
  podNpub: PodNpub | undefined
  providerNpub: ProviderNpub
  /** What was or would be paid to the provider. */
  amountSat: bigint
  mint: MintUrl
  createdAt: Date
  updatedAt: Date
  /** Why it did not go as wished. */
  error: string | undefined
  /** One sentence: where the money is. */
  money: string
  /** The mint's proof that the provider took the money (NUT-07). */
  witness: string | undefined
}

type Lister = Pick<Client, 'orders' | 'clock'>

/** All orders, the oldest first. */
export function listOrders(client: Lister): OrderSummary[] {
  return allOrders(client.orders).map((order) => summaryOf(order, client))
}

/** One order; throws `unknown_order`. */
export function showOrder(client: Lister, orderId: OrderId): OrderSummary {
  return summaryOf(getOrder(client.orders, orderId), client)
}

function summaryOf(order: Order, client: Lister): OrderSummary {
  const { orderId, kind, state, createdAt, updatedAt, terms } = order
  return {
    orderId,
    kind,
    state,
    podNpub: 'podNpub' in order ? order.podNpub : terms.podNpub,
    providerNpub: encodeProviderNpub(terms.provider),
    amountSat: 'payment' in order && order.payment !== undefined ? order.payment.amountSat : terms.netSat,
    mint: terms.mint,
    createdAt,
    updatedAt,
    error: 'refusal' in order && order.refusal !== undefined ? order.refusal.message : order.note,
    money: whereTheMoneyIs(order),
    ...outlookOf(order, client),
    witness: 'witness' in order ? order.witness : undefined,
  }
}
