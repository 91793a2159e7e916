// A provider has refused: where is the money, and what brings it home now?
import { unixSeconds } from '../core/clock.ts'
import { PaygressError, type ErrorCode } from '../core/errors.ts'
import { refundTokens, withTokens } from './kept-tokens.ts'
import { maySucceedLater } from './may-succeed-later.ts'
import { plainText } from './money-text.ts'
import { NO_MONEY } from './order-effects.ts'
import { moveNow } from './order-journal.ts'
import type { Order, OrderIn } from './order.ts'
import { sortRefunds } from './receive-refund.ts'
import { takeBack } from './take-back.ts'
import type { Client } from './ports.ts'

export type Settler = Pick<Client, 'wallet' | 'orders' | 'clock' | 'progress'>

/** What the provider gave back is none. */
const UNUSABLE: readonly ErrorCode[] = [
  'invalid_token',
  'mint_not_accepted',
  'token_spent',
  'failed',
  'usage',
  'mint_not_trusted',
  'provider_refused',
]

/** Nobody but the provider can have made it so. */
const UNTRUE: readonly ErrorCode[] = ['invalid_token', 'mint_not_accepted', 'token_spent', 'provider_refused']

/**
 * Does at once what can be done at once with the payment of a refused order. It comes back `reclaimed` or `refunded`; `refused` where
 * the lock has to end first or the mint does not answer now; `silent` where somebody else has spent the payment meanwhile.
 */
export async function settleRefusal(
  client: Settler,
  order: OrderIn<'refused'>,
  signal: AbortSignal,
): Promise<Order> {
  const { payment } = order.refusal
  switch (payment.status) {
    case 'kept':
      return attempt(client, order, async () =>
        (await isUntaken(client, order))
          ? disbelieve(client, order, signal)
          : moveNow(client.orders, order, { ...order, state: 'refunded', returnedSat: 0n, feeSat: 0n }),
      )
    case 'released':
      return attempt(client, order, async () =>
        takeBack(client, order, { by: 'respend', signatures: payment.signatures }, signal),
      )
    case 'refunded':
      return attempt(client, order, async () => {
        if (await isUntaken(client, order)) return disbelieve(client, order, signal)
        const { usable, others, later } = await sortRefunds(client, order, refundTokens(payment))
        if (usable.length === 0 && later !== undefined) throw later
        if (usable.length === 0)
          return asUntouched(client, order, {
            note: 'what the provider gave back is no money to us',
            untrue: NO_MONEY,
          })
        const tokens = usable.map(({ token }) => token)
        return takeBack(client, order, { by: 'receive', tokens, others }, signal)
      })
    case 'untouched':
    case 'pending':
      return lockHasEnded(client, order)
        ? attempt(client, order, async () => takeBack(client, order, { by: 'own' }, signal))
        : order
  }
}

/** True where the mint says that nobody has spent the payment, whatever its receiver says. */
async function isUntaken({ wallet }: Settler, { terms, payment }: OrderIn<'refused'>): Promise<boolean> {
  const { state } = await wallet.tokenState(await wallet.inspect(payment.token, [terms.mint]))
  return state === 'unspent'
}

// A word about money that was never taken would end the order, and with it the way back of the whole payment.
async function disbelieve(client: Settler, order: OrderIn<'refused'>, signal: AbortSignal): Promise<Order> {
  const moved = asUntouched(client, order, {
    note: 'the provider speaks of a payment that it never took',
    untrue: 'spoke of a payment that it never took',
  })
  return moved.state === 'refused' ? settleRefusal(client, moved, signal) : moved
}

/** What the order has left is its lock, which ends by itself; the tokens that came are kept with it, and what the provider did. */
function asUntouched(
  { orders }: Settler,
  order: OrderIn<'refused'>,
  { note, untrue }: { note: string; untrue?: string },
): Order {
  return moveNow(orders, order, {
    ...order,
    ...withTokens(order, refundTokens(order.refusal.payment)),
    refusal: {
      ...order.refusal,
      payment: { status: 'untouched' },
      ...(untrue === undefined ? {} : { untrue }),
    },
    note,
  })
}

/** True where our own key may spend the payment: a plain token at any time, a locked one after its lock. */
export function lockHasEnded(
  { clock }: Pick<Client, 'clock'>,
  { payment }: Pick<OrderIn<'locked'>, 'payment'>,
): boolean {
  return payment.locktime === undefined || unixSeconds(clock) + payment.mintAheadSec > payment.locktime
}

async function attempt(
  client: Settler,
  order: OrderIn<'refused'>,
  work: () => Promise<Order>,
): Promise<Order> {
  try {
    return await work()
  } catch (error) {
    if (maySucceedLater(error)) {
      client.progress.note(
        `the payment of order ${order.orderId} stays where it is for now: ${error.message}`,
      )
      return order
    }
    if (
      !(error instanceof PaygressError) ||
      !UNUSABLE.includes(error.code) ||
      order.refusal.payment.status === 'untouched'
    )
      throw error
    const note = `what the provider gave back cannot be used: ${plainText(error.message)}`
    return asUntouched(client, order, { note, ...(UNTRUE.includes(error.code) ? { untrue: NO_MONEY } : {}) })
  }
}
