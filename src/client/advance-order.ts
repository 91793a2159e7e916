// How does an order go on from whatever state it is in, until it is settled or has to wait?
import { PaygressError } from '../core/errors.ts'
import { refuseTakenAlias } from './free-alias.ts'
import { fundGap, type ShowInvoice } from './fund-gap.ts'
import { brokenOrder, interruptedOrder, outcomeUnknown, providerRefused } from './order-errors.ts'
import { interruptible } from './interruptible.ts'
import { getOrder } from './order-journal.ts'
import { checkLimits, type OrderLimits } from './order-limits.ts'
import type { Order, OrderIn } from './order.ts'
import { endOpenPayment, payOrder } from './pay-order.ts'
import type { Client } from './ports.ts'
import { sendOrder } from './send-order.ts'
import { settleRefusal } from './settle-refusal.ts'
import { settleReturn } from './take-back.ts'

export interface AdvanceOptions {
  timeoutMs?: number | undefined
  /** Of what may be paid. */
  limits?: OrderLimits
  showInvoice?: ShowInvoice | undefined
  signal: AbortSignal
}

/** Orders whose machine is or was there. */
export type ServedOrder = OrderIn<'ready' | 'stopping' | 'stopped' | 'expired'>

type Advancer = Omit<Client, 'offers' | 'ssh' | 'keys' | 'random'>

/**
 * Pays, sends, waits. Returns the order once it was served; throws `provider_refused`, `outcome_unknown`, `payment_not_started`,
 * `relays_unreachable`, the wallet's errors, and `interrupted` with the way to go on.
 */
export async function advanceOrder(
  client: Advancer,
  order: Order,
  options: AdvanceOptions,
): Promise<ServedOrder> {
  // Whatever the abort broke off, the order on disk says how far it had come.
  return interruptible(
    options.signal,
    () => advance(client, order, options),
    () => interruptedOrder(getOrder(client.orders, order.orderId)),
  )
}

async function advance(client: Advancer, start: Order, options: AdvanceOptions): Promise<ServedOrder> {
  let order = start
  for (;;) {
    options.signal.throwIfAborted()
    switch (order.state) {
      case 'drafted':
        order = await pay(client, order, options)
        break
      case 'locked':
      case 'sent':
        client.progress.step('waiting for the provider')
        order = await sendOrder(client, order, options)
        break
      case 'silent':
        // Asked again only when the command began with it: the wait is over otherwise.
        if (order.state !== start.state || order.revision !== start.revision) throw outcomeUnknown(order)
        client.progress.step('asking the provider again')
        order = await sendOrder(client, order, options)
        if (order.state === 'silent') throw outcomeUnknown(order)
        break
      case 'refused':
        client.progress.step('the provider refused; taking the payment back')
        order = await settleRefusal(client, order, options.signal)
        if (order.state === 'refused') throw providerRefused(order)
        break
      case 'reclaiming':
        order = await settleReturn(client, order, options.signal)
        if (order.state === 'reclaiming') throw providerRefused(order)
        break
      case 'reclaimed':
      case 'refunded':
        throw providerRefused(order)
      case 'broken':
        throw brokenOrder(order)
      case 'ready':
      case 'stopping':
      case 'stopped':
      case 'expired':
        return order
    }
  }
}

/** drafted → locked. A payment that was begun is ended first; only where it has failed there is anything to decide again. */
async function pay(client: Advancer, order: OrderIn<'drafted'>, options: AdvanceOptions): Promise<Order> {
  const { limits = {}, signal } = options
  if (order.payOperation !== undefined) client.progress.step('asking the mint what became of the payment')
  const current = await naming(order, signal, () => endOpenPayment(client, order, signal))
  if (current.state !== 'drafted') return current
  refuseTakenAlias(client, current.terms.alias, current)
  await checkLimits(client, current, limits)
  await fundGap(client, current.terms, options)
  // With other coins the fee may be another one.
  await checkLimits(client, current, limits)
  client.progress.step('paying')
  return naming(current, signal, () => payOrder(client, current, signal))
}

/** Errors of the wallet do not know for which order it was. */
async function naming<Result>(
  order: Order,
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof PaygressError) || error.details !== undefined || signal.aborted) throw error
    throw new PaygressError(error.code, error.message, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      retryable: error.retryable,
      details: { order_id: order.orderId },
      cause: error,
    })
  }
}
