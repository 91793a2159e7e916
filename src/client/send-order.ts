// How does a paid order reach its provider, and how long is its answer waited for?
import { unixSeconds } from '../core/clock.ts'
import { applyAnswer } from './apply-answer.ts'
import { buildPaidRequest } from './build-request.ts'
import { refuseTakenAlias } from './free-alias.ts'
import { lockTooShort, neverSent } from './order-errors.ts'
import { getOrder, isIn, moveNow, moveOrder } from './order-journal.ts'
import type { Order, OrderIn } from './order.ts'
import type { Payment } from './order-terms.ts'
import type { Client, Message } from './ports.ts'

type Sender = Pick<Client, 'wallet' | 'orders' | 'messenger' | 'clock'>

export interface SendOptions {
  /** The longest wait for an answer; without it until the provider may no longer answer. */
  timeoutMs?: number | undefined
  signal: AbortSignal
}

/** A payment with less time than this to be answered is not sent any more. */
const LEAST_ANSWER_SEC = 60
/** An answer given at the last moment still needs to travel. */
const TRAVEL_MS = 15_000

/**
 * Sends a locked order, or asks again for one that was sent, and writes down what comes. The order is `sent` on disk before the first
 * byte leaves; it comes back `ready`, `refused` or `silent`. Throws `relays_unreachable` where nothing could be sent.
 */
export async function sendOrder(
  client: Sender,
  order: OrderIn<'locked' | 'sent' | 'silent'>,
  { timeoutMs, signal }: SendOptions,
): Promise<Order> {
  const { messenger, orders } = client
  if (order.state === 'locked' && !mayStillBeSent(client, order)) throw lockTooShort(order)
  const message = messageOf(client, order)
  const outcome = await messenger.ask(message, {
    relays: order.terms.relays,
    minPow: order.terms.minPow,
    timeoutMs: timeoutMs ?? answerTimeMs(client, order.payment),
    signal,
    beforePublish: () => {
      if (order.state === 'locked') markSent(client, order, message)
    },
    onAnswer: (content) => {
      const current = getOrder(orders, order.orderId)
      if (!isIn(current, ['sent', 'silent'])) return true
      return !isIn(applyAnswer(client, current, content), ['sent', 'silent'])
    },
  })
  const after = getOrder(orders, order.orderId)
  if (outcome === 'unsent' && order.state === 'locked') throw neverSent(unmarkSent(client, after))
  return after.state === 'sent' ? moveNow(orders, after, { ...after, state: 'silent' }) : after
}

function messageOf(client: Sender, order: OrderIn<'locked' | 'sent' | 'silent'>): Message {
  if (order.state !== 'locked') return order.message
  return client.messenger.compose(order.terms.provider, buildPaidRequest(client, order))
}

function markSent(client: Sender, order: OrderIn<'locked'>, message: Message): void {
  const { orders } = client
  orders.transaction((tx) => {
    // The last moment at which of two purchases at once only one can have the name.
    refuseTakenAlias(client, order.terms.alias, order)
    moveOrder(orders, tx, order, { ...order, state: 'sent', message })
  })
}

/** Nothing left this process after all: the payment is only locked again. */
function unmarkSent({ orders }: Sender, order: Order): Order {
  if (order.state !== 'sent') return order
  const { message: _, ...unsent } = order
  return moveNow(orders, order, { ...unsent, state: 'locked' })
}

/** True while a provider has enough time left to answer a payment. */
export function mayStillBeSent({ clock }: Pick<Client, 'clock'>, { payment }: OrderIn<'locked'>): boolean {
  return unixSeconds(clock) + payment.mintAheadSec <= payment.respondBefore - LEAST_ANSWER_SEC
}

/** How long an answer may still come, in ms. */
function answerTimeMs({ clock }: Pick<Client, 'clock'>, payment: Payment): number {
  return Math.max(0, (payment.respondBefore - payment.mintAheadSec) * 1000 - clock.now()) + TRAVEL_MS
}
