// Was all of a payment taken that an order counts as paid? What is unspent after its lock is ours again, machine or not.
import { unixSeconds } from '../core/clock.ts'
import { toPaygressError } from '../core/errors.ts'
import { satText } from './money-text.ts'
import { getOrder, moveNow } from './order-journal.ts'
import type { Order, OrderIn } from './order.ts'
import type { Client } from './ports.ts'

type Paid = OrderIn<'ready' | 'stopped' | 'expired' | 'refunded' | 'broken'>
type Settler = Pick<Client, 'wallet' | 'orders' | 'clock' | 'progress'>

/** A receiver has that long after its last moment, for clocks that differ. */
const MARGIN_SEC = 300
/** Every command asks for this long after that, so that a mint that is gone slows none down for ever. */
const QUICKLY_SEC = 86_400

/** An order that counts as paid, whose lock has ended, and whose mint was not asked since. */
export function isUnsettled(
  { clock }: Pick<Client, 'clock'>,
  order: Order,
  mode: 'quick' | 'full',
): order is Paid {
  const { state } = order
  const isPaid =
    state === 'ready' ||
    state === 'stopped' ||
    state === 'expired' ||
    state === 'refunded' ||
    state === 'broken'
  if (!isPaid || order.lockSettled === true) return false
  const { locktime, respondBefore, mintAheadSec } = order.payment
  const over = unixSeconds(clock) + mintAheadSec - (locktime ?? respondBefore) - MARGIN_SEC
  return over > 0 && (mode === 'full' || over < QUICKLY_SEC)
}

/** Asks the mint, and takes back what nobody took; true where it answered. Its order stays what it is. */
export async function settleLock(client: Settler, { orderId }: Order, signal: AbortSignal): Promise<boolean> {
  if (!client.orders.claim(orderId)) return true
  try {
    const order = getOrder(client.orders, orderId)
    if (isUnsettled(client, order, 'full')) await takeUntaken(client, order, signal)
    return true
  } catch (error) {
    if (signal.aborted) throw error
    client.progress.note(
      `whether the payment of order ${orderId} was taken is not known yet: ${toPaygressError(error).message}`,
    )
    return false
  } finally {
    client.orders.unclaim(orderId)
  }
}

async function takeUntaken(client: Settler, order: Paid, signal: AbortSignal): Promise<void> {
  const { wallet, orders, progress } = client
  const { token, locktime } = order.payment
  const { state } = await wallet.tokenState(await wallet.inspect(token, [order.terms.mint]))
  if (state === 'pending') return
  if (state === 'spent') return void moveNow(orders, order, { ...order, lockSettled: true })
  const options = { orderId: order.orderId, signal }
  const outcome =
    locktime === undefined
      ? await wallet.receive(token, { ...options, anyMint: true, partly: true })
      : await wallet.reclaim(token, order.refundKey.index, options)
  // Where it came to nothing the next look tells why.
  if (outcome.status !== 'done') return
  const note = `the provider left ${satText(outcome.amountSat)} of the payment untaken; they are back in the wallet`
  moveNow(orders, order, { ...order, lockSettled: true, note })
  progress.note(`recovered: order ${order.orderId}: ${note}`)
}
