// May a command go on with an order that is there? Whatever drafted it, the limits of the command that pays are those that hold.
import { PaygressError } from '../core/errors.ts'
import { satsPerHour } from '../core/pricing.ts'
import { rateTooHigh } from './choose-offer.ts'
import type { Order } from './order.ts'
import { checkPrice } from './plan-payment.ts'
import type { Client } from './ports.ts'

/** What a command allows. Absent: everything. */
export interface OrderLimits {
  /** True: nothing may be done with an order. */
  dryRun?: boolean | undefined
  /** Everything that leaves the wallet, fees with it. */
  maxPriceSat?: bigint | undefined
  /** Sats per hour. */
  maxRate?: number | undefined
}

/** Throws `order_conflict` where only prices were asked for. */
export function refuseDryRun(order: Order, { dryRun }: OrderLimits): void {
  if (dryRun !== true) return
  throw orderConflict(
    order,
    `is ${order.state} already; a dry run shows what a new one costs`,
    'without --dry-run the command goes on with it',
  )
}

/** Throws `price_too_high` where the payment of an order costs more than is allowed; for orders whose payment has not begun. */
export async function checkLimits(
  { wallet }: Pick<Client, 'wallet'>,
  { terms }: Order,
  { maxPriceSat, maxRate }: OrderLimits,
): Promise<void> {
  const rate = satsPerHour(terms.rateMsatPerSec)
  if (maxRate !== undefined && rate > maxRate)
    throw rateTooHigh(terms.providerName, terms.specId, rate, maxRate)
  if (maxPriceSat === undefined) return
  const plan = await wallet.planSpend(terms.mint, terms.netSat, { locked: terms.lock !== undefined })
  checkPrice(plan, maxPriceSat)
}

/** An order that is there and is not what the command means; `way`: how that order itself goes on. */
export function orderConflict(order: Order, problem: string, way: string): PaygressError {
  return new PaygressError('order_conflict', `order ${order.orderId} ${problem}`, {
    hint: `paygress orders show ${order.orderId}; ${way}, or another --order id`,
    details: { order_id: order.orderId, state: order.state },
  })
}
