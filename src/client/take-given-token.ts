// A token was given to pay with: is it taken into the wallet first, or handed on as it is?
import { PaygressError } from '../core/errors.ts'
import { moveNow } from './order-journal.ts'
import { checkLimits, type OrderLimits } from './order-limits.ts'
import type { Order } from './order.ts'
import { deadlinesOf } from './pay-order.ts'
import type { Client } from './ports.ts'
import { SPENT_BEFORE } from './receive-token.ts'

/**
 * The token is swapped into the wallet, which then pays as always. Only without a lock, and where it brings no more than the price, the
 * token itself becomes the payment, and the order is `locked` with it. Throws `token_spent` or `invalid_token`; the drafted order stays.
 */
export async function takeGivenToken(
  client: Pick<Client, 'wallet' | 'orders' | 'clock' | 'progress'>,
  order: Order,
  token: string,
  signal: AbortSignal,
): Promise<Order> {
  const { mint, lock } = order.terms
  if (order.state !== 'drafted') return order
  const { amountSat, netSat } = await client.wallet.inspect(token, [mint])
  if (lock === undefined && netSat <= order.terms.netSat) {
    const deadlines = await deadlinesOf(client, order)
    const payment = { ...deadlines, token, amountSat, feeSat: 0n }
    // A token that was handed in is paid already: no operation of the wallet is needed, one move after another keeps the diagram.
    return moveNow(client.orders, order, { ...order, state: 'locked', payment })
  }
  client.progress.step('taking the token into the wallet')
  const outcome = await client.wallet.receive(token, { orderId: order.orderId, signal })
  if (outcome.status === 'done') return order
  if (outcome.status === 'failed') {
    throw new PaygressError(
      outcome.reason === 'spent' ? 'token_spent' : 'invalid_token',
      `the token cannot be used: ${outcome.detail}; nothing was paid`,
      { hint: 'paygress wallet balance' },
    )
  }
  throw new PaygressError('payment_not_started', `the mint ${mint} has not answered; the token is not lost`, {
    hint: `paygress orders recover, then paygress buy --order ${order.orderId} with the same options`,
    details: { order_id: order.orderId },
  })
}

/**
 * The same for an order that was begun before: a token that is already in the wallet is no error then. Throws besides `price_too_high`: the
 * token may become the payment here.
 */
export async function takeTokenAgain(
  client: Pick<Client, 'wallet' | 'orders' | 'clock' | 'progress'>,
  order: Order,
  token: string,
  { limits, signal }: { limits: OrderLimits; signal: AbortSignal },
): Promise<void> {
  if (order.state !== 'drafted' || order.payOperation !== undefined) return
  await checkLimits(client, order, limits)
  try {
    await takeGivenToken(client, order, token, signal)
  } catch (error) {
    if (!(error instanceof PaygressError) || error.code !== 'token_spent') throw error
    client.progress.note(SPENT_BEFORE)
  }
}
