// How does an order go on from whatever state it is in, until it is settled or has to wait?
import { PaygressError } from '../core/errors.ts'
import { refuseTakenAlias } from './free-alias.ts'
import { fundGap, type ShowInvoice } from './fund-gap.ts'
import { brokenOrder, interruptedOrder, outcomeUnknown, providerRefused } from './order-errors.ts'
import { interruptible } from './interruptible.ts'
import { getOrder } from './order-journal.ts'
import type { Order, OrderIn } from './order.ts'
import { payOrder } from './pay-order.ts'
import type { Client } from './ports.ts'
import { sendOrder } from './send-order.ts'
import { settleRefusal } from './settle-refusal.ts'
import { settleReturn } from './take-back.ts'

export interface AdvanceOptions {
  timeoutMs?: number | undefined
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

async function pay(client: Advancer, order: OrderIn<'drafted'>, options: AdvanceOptions): Promise<Order> {
  if (order.payOperation === undefined) {
    refuseTakenAlias(client, order.terms.alias, order)
    await fundGap(client, order.terms, options)
  }
  client.progress.step('paying')
  try {
    return await payOrder(client, order, options.signal)
  } catch (error) {
    if (error instanceof PaygressError && error.details === undefined && !options.signal.aborted) {
      throw new PaygressError(error.code, error.message, {
        ...(error.hint === undefined ? {} : { hint: error.hint }),
        retryable: error.retryable,
        details: { order_id: order.orderId },
        cause: error,
      })
    }
    throw error
  }
}
