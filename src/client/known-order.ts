// How does a second `--order ID` find the first, and may it go on with it?
import { PaygressError } from '../core/errors.ts'
import { satsPerHour } from '../core/pricing.ts'
import { rateTooHigh } from './choose-offer.ts'
import { findOrder } from './order-journal.ts'
import type { Order } from './order.ts'
import { checkPrice } from './plan-payment.ts'
import type { Client } from './ports.ts'
import { type BuyWish, fingerprintOf, type TopupWish } from './wish.ts'

/**
 * The order that this wish goes on with, or undefined. Throws `order_conflict` where the id belongs to another wish or only prices were
 * asked for, and `price_too_high` where nothing is paid yet and it costs more than this wish allows.
 */
export async function knownOrder(
  client: Pick<Client, 'orders' | 'wallet'>,
  wish: BuyWish | TopupWish,
): Promise<Order | undefined> {
  const order = wish.orderId === undefined ? undefined : findOrder(client.orders, wish.orderId)
  if (order === undefined) return undefined
  if (order.terms.fingerprint !== fingerprintOf(wish))
    throw conflict(order, 'was made with other options', 'give the same options to go on with it')
  if (wish.dryRun)
    throw conflict(
      order,
      `is ${order.state} already; a dry run shows what a new one costs`,
      'without --dry-run the command goes on with it',
    )
  if (order.state === 'drafted' && order.payOperation === undefined) await checkLimits(client, order, wish)
  return order
}

function conflict(order: Order, problem: string, way: string): PaygressError {
  return new PaygressError('order_conflict', `order ${order.orderId} ${problem}`, {
    hint: `paygress orders show ${order.orderId}; ${way}, or another --order id`,
    details: { order_id: order.orderId, state: order.state },
  })
}

/** The limits of the command that pays are those that hold, not those of the one that drafted. */
async function checkLimits(
  { wallet }: Pick<Client, 'wallet'>,
  { terms }: Order,
  wish: BuyWish | TopupWish,
): Promise<void> {
  const rate = satsPerHour(terms.rateMsatPerSec)
  if ('maxRate' in wish && wish.maxRate !== undefined && rate > wish.maxRate)
    throw rateTooHigh(terms.providerName, terms.specId, rate, wish.maxRate)
  if (wish.maxPriceSat === undefined) return
  const plan = await wallet.planSpend(terms.mint, terms.netSat, { locked: terms.lock !== undefined })
  checkPrice(plan, wish.maxPriceSat)
}
