// Can a token that could not be received when it came be received now?
import { toPaygressError } from '../core/errors.ts'
import { tokenHash } from './kept-tokens.ts'
import { maySucceedLater } from './may-succeed-later.ts'
import { lateRefund } from './order-effects.ts'
import { getOrder, isIn } from './order-journal.ts'
import type { Order } from './order.ts'
import type { Client } from './ports.ts'
import { sortRefunds } from './receive-refund.ts'
import { takeBack } from './take-back.ts'

type Keeper = Pick<Client, 'wallet' | 'orders' | 'progress'>

/** True while the provider's tokens wait in the order. */
export function keepsTokens(order: Order): boolean {
  return 'unreceived' in order && (order.unreceived?.length ?? 0) > 0
}

/**
 * Tries every token once that an order keeps. Where the order still waits for its money, the refund ends it (→ `reclaiming` → `refunded`);
 * where it is settled, what comes is added. What may succeed later is told and left.
 */
export async function receiveKept(client: Keeper, order: Order, signal: AbortSignal): Promise<Order> {
  if (!('unreceived' in order) || order.unreceived === undefined) return order
  try {
    const usable = await unspentOf(client, order, order.unreceived)
    if (usable.length === 0) return order
    if (isIn(order, ['silent', 'refused', 'broken'])) {
      // An untaken payment is no refund's matter: its own way back comes first.
      const payment = await client.wallet.inspect(order.payment.token, [order.terms.mint])
      if ((await client.wallet.tokenState(payment)).state !== 'spent') return order
      return await takeBack(client, order, { by: 'receive', tokens: usable }, signal)
    }
    for (const token of usable) await receiveLate(client, order, token, signal)
  } catch (error) {
    if (!maySucceedLater(error)) throw error
    tell(client, order, error)
  }
  return getOrder(client.orders, order.orderId)
}

/** Those that are money to us and that their mint does not call spent. */
async function unspentOf(client: Keeper, order: Order, tokens: readonly string[]): Promise<string[]> {
  const { usable, later } = await sortRefunds(client, order, tokens)
  if (later !== undefined) tell(client, order, later)
  const unspent: string[] = []
  for (const { token, inspected } of usable)
    if ((await client.wallet.tokenState(inspected)).state !== 'spent') unspent.push(token)
  return unspent
}

async function receiveLate(client: Keeper, order: Order, token: string, signal: AbortSignal): Promise<void> {
  const effect = lateRefund(order, tokenHash(token))
  await client.wallet.receive(token, { orderId: order.orderId, effect, anyMint: true, signal })
}

function tell({ progress }: Keeper, { orderId }: Order, error: unknown): void {
  progress.note(`a refund of order ${orderId} stays where it is for now: ${toPaygressError(error).message}`)
}
