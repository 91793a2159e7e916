// How does the payment of an order come back? By operations of the wallet, journalled with the order before the mint is asked.
import type { Transaction } from '../wallet/transaction.ts'
import type { OperationOptions } from '../wallet/operation-options.ts'
import { withoutTokens, withTokens } from './kept-tokens.ts'
import { afterReceived, orderEffect } from './order-effects.ts'
import { getOrder, moveNow, moveOrder } from './order-journal.ts'
import type { Order, OrderData, OrderIn } from './order.ts'
import type { Client } from './ports.ts'
import { receiveOneOf } from './receive-refund.ts'

/**
 * `own`: a lock that has ended, or a plain token, which only has to be swapped before its receiver does it.
 * `respend`: the provider has signed it over. `receive`: the provider has sent new tokens, one per mint; `others` are kept for later.
 */
export type Return =
  | { by: 'own' }
  | { by: 'respend'; signatures: readonly string[] }
  | { by: 'receive'; tokens: readonly string[]; others?: readonly string[]; lostLease?: true }

type Returnable = OrderIn<'locked' | 'silent' | 'refused' | 'ready' | 'expired' | 'broken'>
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
  if (how.by === 'receive') return receiveRest(client, beginReceiving(client, order, how), signal)
  const way =
    how.by === 'respend' ? 'respend' : order.payment.locktime === undefined ? 'swap-back' : 'reclaim'
  const start = (operation: string): OrderData => ({
    ...order,
    state: 'reclaiming',
    way,
    operation,
    note: undefined,
  })
  const options = optionsFor(client, order, start, signal)
  const { token } = order.payment
  if (how.by === 'respend') await client.wallet.respend(token, how.signatures, options)
  else if (way === 'reclaim') await client.wallet.reclaim(token, order.refundKey.index, options)
  // Its mint was paid with before; whether it still is a trusted one does not matter.
  else await client.wallet.receive(token, { ...options, anyMint: true, partly: true })
  return getOrder(client.orders, order.orderId)
}

/** The tokens are the order's own before any of them is tried: from here on none can be forgotten. */
function beginReceiving(
  { orders }: Taker,
  order: Returnable,
  { tokens, others = [], lostLease }: Extract<Return, { by: 'receive' }>,
): Order {
  const kept = withTokens(
    withoutTokens(order, (token) => tokens.includes(token)),
    others,
  )
  orders.transaction((tx) => {
    moveOrder(orders, tx, order, {
      ...order,
      ...kept,
      state: 'reclaiming',
      way: 'receive',
      note: undefined,
      refund: { tokens: [...tokens], returnedSat: 0n, feeSat: 0n },
      lostLease,
    })
    const pod = lostLease === true && 'podNpub' in order ? orders.pod(order.podNpub) : undefined
    if (pod !== undefined) orders.savePod(tx, { ...pod, state: 'lost' })
  })
  return getOrder(orders, order.orderId)
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
    const { refund } = current
    if (refund === undefined || refund.tokens.length === 0) return current
    const ordered = (tokens: string[]): OrderIn<'reclaiming'> => ({
      ...current,
      refund: { ...refund, tokens },
    })
    const { tokens, outcome } = await receiveOneOf(client, current, refund.tokens, (inOrder) =>
      optionsFor(client, current, (operation) => ({ ...ordered(inOrder), operation }), signal),
    )
    order =
      outcome === 'unusable'
        ? moveNow(client.orders, current, afterReceived(ordered(tokens), NO_TOKEN))
        : getOrder(client.orders, order.orderId)
  }
  return order
}

function optionsFor(
  { orders }: Taker,
  order: Order,
  start: (operation: string) => OrderData,
  signal: AbortSignal,
): OperationOptions {
  return {
    orderId: order.orderId,
    effect: orderEffect('order-reclaimed', order),
    prepare: (tx: Transaction, operation: string) => moveOrder(orders, tx, order, start(operation)),
    signal,
  }
}
