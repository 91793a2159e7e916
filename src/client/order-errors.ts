// How does a command end when an order does not get its machine? The final wording, with the exact next command.
import { PaygressError, type ErrorDetails } from '../core/errors.ts'
import type { OrderId } from '../core/ids.ts'
import { findOrder } from './order-journal.ts'
import type { Order, OrderIn } from './order.ts'
import type { OrderStore } from './ports.ts'
import { plainText, whereTheMoneyIs } from './money-text.ts'

/** What goes on with everything that is open. */
export const RECOVER = 'paygress orders recover'

/** The command that goes on with an order. */
export function resumeCommand(order: Order): string {
  const command = order.terms.podNpub === undefined ? 'buy' : `topup ${order.terms.podNpub}`
  return `paygress ${command} --order ${order.orderId}`
}

function details(order: Order): ErrorDetails {
  return { order_id: order.orderId, state: order.state }
}

/** How an order ends that nobody has seen. */
function takesBack(order: Order): string {
  const isLocked = order.state === 'locked' && order.payment.locktime !== undefined
  return `${RECOVER} takes everything back${isLocked ? ' when the lock has ended' : ''}`
}

/** `interrupted` (130): the order can be gone on with; says how. */
export function interruptedOrder(order: Order): PaygressError {
  const paid = order.state !== 'drafted' && order.state !== 'locked'
  return new PaygressError('interrupted', `interrupted: ${whereTheMoneyIs(order)}`, {
    hint: paid ? RECOVER : `${resumeCommand(order)} goes on; ${takesBack(order)}`,
    details: details(order),
  })
}

/** `interrupted` (130) for an order that may not have come into being yet. */
export function interruptedAt(orders: OrderStore, orderId: OrderId): PaygressError {
  const order = findOrder(orders, orderId)
  if (order !== undefined) return interruptedOrder(order)
  return new PaygressError('interrupted', 'interrupted; nothing was paid')
}

/** `outcome_unknown` (7): sent, and no answer. */
export function outcomeUnknown(order: Order): PaygressError {
  return new PaygressError(
    'outcome_unknown',
    `order ${order.orderId}: the provider has not answered; ${whereTheMoneyIs(order)}`,
    { hint: RECOVER, details: details(order) },
  )
}

/** `relays_unreachable` (3): no relay of the provider took the request, nothing left this machine. */
export function neverSent(order: Order): PaygressError {
  return new PaygressError(
    'relays_unreachable',
    `none of the provider's relays could be reached; ${whereTheMoneyIs(order)}`,
    {
      hint: `${resumeCommand(order)} tries again; ${takesBack(order)}`,
      details: details(order),
    },
  )
}

/** `payment_not_started` (3): the mint's answer to the payment is missing or of no use, the provider has seen nothing. */
export function paymentUnknown(order: Order): PaygressError {
  return new PaygressError(
    'payment_not_started',
    `the mint ${order.terms.mint} has not confirmed the payment; nothing was sent to the provider and no sat is lost`,
    { hint: `${resumeCommand(order)} goes on`, details: details(order) },
  )
}

/** `payment_not_started` (3): the lock ends too soon to be used. */
export function lockTooShort(order: Order): PaygressError {
  return new PaygressError(
    'payment_not_started',
    `order ${order.orderId} waited too long: its payment is about to end; ${whereTheMoneyIs(order)}`,
    { hint: `${RECOVER}, then buy again with another --order id`, details: details(order) },
  )
}

/** `provider_refused` (6): why, and where the money is. */
export function providerRefused(
  order: OrderIn<'refused' | 'reclaiming' | 'reclaimed' | 'refunded'>,
): PaygressError {
  const why =
    order.refusal === undefined
      ? `order ${order.orderId} was not served`
      : `the provider refused: ${plainText(order.refusal.message)}`
  const settled = order.state === 'reclaimed' || order.state === 'refunded'
  return new PaygressError('provider_refused', `${why}; ${whereTheMoneyIs(order)}`, {
    hint: settled ? 'paygress offers shows other providers' : RECOVER,
    details: {
      ...details(order),
      ...(order.refusal === undefined ? {} : { error_type: order.refusal.errorType }),
    },
  })
}

/** `failed`: the provider captured and never answered, or the payment is spent, and not from here. */
export function brokenOrder(order: OrderIn<'broken'>): PaygressError {
  return new PaygressError('failed', `order ${order.orderId} is broken: ${whereTheMoneyIs(order)}`, {
    hint:
      order.message === undefined
        ? 'look for another copy of this home; another order is a new purchase'
        : `paygress orders show ${order.orderId} has the proof; choose another provider`,
    details: details(order),
  })
}
