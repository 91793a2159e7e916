// How does the payment of an order come back? By operations of the wallet, journalled with the order before the mint is asked.
import type { Transaction } from '../wallet/transaction.ts'
import type { OperationOptions } from '../wallet/wallet.ts'
import { afterReceived, orderEffect } from './order-effects.ts'
import { getOrder, moveNow, moveOrder } from './order-journal.ts'
import type { Order, OrderIn } from './order.ts'
import type { Client } from './ports.ts'
import { orUnusable } from './receive-refund.ts'

/**
 * `own`: a lock that has ended, or a plain token, which only has to be swapped before its receiver does it.
 * `respend`: the provider has signed it over. `receive`: the provider has sent new tokens, one per mint.
 */
export type Return =
  | { by: 'own' }
  | { by: 'respend'; signatures: readonly string[] }
  | { by: 'receive'; tokens: readonly string[]; lostLease?: boolean }

type Returnable = OrderIn<'locked' | 'silent' | 'refused' | 'ready' | 'expired'>
type Taker = Pick<Client, 'wallet' | 'orders'>

const NO_TOKEN = {
  status: 'failed',
  operationId: '',
  reason: 'refused',
  detail: 'it is no money to us',
} as const

/**
 * Takes the payment back: → `reclaiming` → `reclaimed` or `refunded`; back where it was if the mint refuses, still `reclaiming` while the
 * mint's answer is missing. Throws the wallet's errors for what was never submitted (`busy` before the lock's end).
 */
export async function takeBack(
  client: Taker,
  order: Returnable,
  how: Return,
  signal: AbortSignal,
): Promise<Order> {
  const way = wayOf(order, how)
  const start = (operation: string): OrderIn<'reclaiming'> => ({
    ...order,
    state: 'reclaiming',
    way,
    operation,
    note: undefined,
    ...(how.by === 'receive' ? { refund: { tokens: [...how.tokens], returnedSat: 0n, feeSat: 0n } } : {}),
    ...(how.by === 'receive' && how.lostLease === true ? { lostLease: true as const } : {}),
  })
  const options = optionsFor(client, order, start, signal)
  const { token } = order.payment
  if (how.by === 'respend') await client.wallet.respend(token, how.signatures, options)
  else if (way === 'reclaim') await client.wallet.reclaim(token, order.refundKey.index, options)
  // Its mint was paid with before; whether it still is a trusted one does not matter.
  else
    await client.wallet.receive(firstToken(how) ?? token, {
      ...options,
      anyMint: true,
      partly: way === 'swap-back',
    })
  return receiveRest(client, getOrder(client.orders, order.orderId), signal)
}

/** Asks once more for a return whose outcome was not known, and takes what is left of it. */
export async function settleReturn(
  client: Taker,
  order: OrderIn<'reclaiming'>,
  signal: AbortSignal,
): Promise<Order> {
  if (order.operation !== undefined) await client.wallet.settle(order.operation, signal)
  return receiveRest(client, getOrder(client.orders, order.orderId), signal)
}

async function receiveRest(client: Taker, start: Order, signal: AbortSignal): Promise<Order> {
  let order = start
  while (order.state === 'reclaiming' && order.operation === undefined) {
    const current = order
    const token = current.refund?.tokens[0]
    if (token === undefined) return current
    const options = optionsFor(client, current, (operation) => ({ ...current, operation }), signal)
    const outcome = await orUnusable(async () => client.wallet.receive(token, { ...options, anyMint: true }))
    order =
      outcome === 'unusable'
        ? moveNow(client.orders, current, afterReceived(current, NO_TOKEN))
        : getOrder(client.orders, order.orderId)
  }
  return order
}

function optionsFor(
  { orders }: Taker,
  order: Order,
  start: (operation: string) => OrderIn<'reclaiming'>,
  signal: AbortSignal,
): OperationOptions {
  return {
    orderId: order.orderId,
    effect: orderEffect('order-reclaimed', order),
    prepare: (tx: Transaction, operation: string) => moveOrder(orders, tx, order, start(operation)),
    signal,
  }
}

function firstToken(how: Return): string | undefined {
  return how.by === 'receive' ? how.tokens[0] : undefined
}

function wayOf(order: Returnable, how: Return): OrderIn<'reclaiming'>['way'] {
  if (how.by !== 'own') return how.by
  return order.payment.locktime === undefined ? 'swap-back' : 'reclaim'
}
