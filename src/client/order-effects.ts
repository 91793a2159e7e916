// What happens to an order in the transaction that ends a movement of its money? The client's table of effects.
import { isOrderId } from '../core/ids.ts'
import { PaygressError } from '../core/errors.ts'
import type { EffectArgs, EffectRef, Effects, OperationResult, Transaction } from '../wallet/transaction.ts'
import { tokenHash, withoutTokens, withTokens } from './kept-tokens.ts'
import { satText } from './money-text.ts'
import { getOrder, moveOrder } from './order-journal.ts'
import type { Order, OrderData, OrderIn } from './order.ts'
import type { OrderStore } from './ports.ts'

export const EFFECT_NAMES = [
  'order-locked',
  'order-reclaimed',
  'order-stopped',
  'order-refunded-late',
] as const
type Refund = NonNullable<OrderIn<'reclaiming'>['refund']>
/** What is remembered of a provider whose refund or release does not hold. */
export const NO_MONEY = 'gave back what is no money'
export type ClientEffect = (typeof EFFECT_NAMES)[number]

/** The effect of that name for an order. */
export function orderEffect(name: ClientEffect, order: Pick<Order, 'orderId'>): EffectRef {
  return { name, args: { order_id: order.orderId } }
}

/** The effect of receiving a token that the order keeps. */
export function lateRefund({ orderId }: Pick<Order, 'orderId'>, hash: string): EffectRef {
  return { name: 'order-refunded-late', args: { order_id: orderId, token_hash: hash } }
}

/** All effects of the consumer; every process that recovers a consumer's wallet needs them. */
export function clientEffects(orders: OrderStore): Effects & Record<ClientEffect, Effects[string]> {
  return {
    'order-locked': (tx, result, args) => endPayment(orders, tx, orderOf(orders, args), result),
    'order-reclaimed': (tx, result, args) => endReturn(orders, tx, orderOf(orders, args), result),
    'order-stopped': (tx, result, args) => endStop(orders, tx, orderOf(orders, args), result),
    'order-refunded-late': (tx, result, args) =>
      addRefund(orders, tx, orderOf(orders, args), result, args['token_hash']),
  }
}

function orderOf(orders: OrderStore, args: EffectArgs): Order {
  const id = args['order_id']
  if (typeof id === 'string' && isOrderId(id)) return getOrder(orders, id)
  throw new PaygressError('internal', 'an effect of an order names none')
}

function endPayment(orders: OrderStore, tx: Transaction, order: Order, result: OperationResult): void {
  if (order.state !== 'drafted' || order.payOperation !== result.operationId) throw foreign(order, result)
  const { payOperation: _, deadlines, ...draft } = order
  if (result.status === 'failed') {
    moveOrder(orders, tx, order, { ...draft, note: `the payment failed at the mint: ${result.detail}` })
    return
  }
  if (result.token === undefined || deadlines === undefined) throw foreign(order, result)
  // The receiver nets the amount; what the token is worth is more by the fee of their swap.
  const payment = { ...deadlines, token: result.token, amountSat: result.amountSat, feeSat: result.feeSat }
  moveOrder(orders, tx, order, { ...draft, state: 'locked', payment })
}

function endReturn(orders: OrderStore, tx: Transaction, order: Order, result: OperationResult): void {
  if (order.state !== 'reclaiming' || order.operation !== result.operationId) throw foreign(order, result)
  if (order.way === 'receive') return moveOrder(orders, tx, order, afterReceived(order, result))
  if (result.status === 'failed') return moveOrder(orders, tx, order, afterFailedReturn(order, result))
  const back = { returnedSat: result.amountSat, feeSat: result.feeSat }
  moveOrder(orders, tx, order, { ...order, state: 'reclaimed', ...back })
}

/** One of the refund's tokens was received or cannot be; the next one follows until none is left. */
export function afterReceived(order: OrderIn<'reclaiming'>, result: OperationResult): OrderData {
  const before = order.refund ?? { tokens: [], returnedSat: 0n, feeSat: 0n }
  const refund = withReceived(before, result)
  const failed =
    result.status === 'failed'
      ? {
          note: `a refund cannot be received (${result.reason}): ${result.detail}`,
          ...withTokens(order, before.tokens.slice(0, 1)),
        }
      : {}
  const { operation: _, ...idle } = { ...order, ...failed }
  if (refund.tokens.length > 0) return { ...idle, refund }
  // Nothing of it holds, and no machine ran: what is left is the lock, which ends by itself.
  if (refund.returnedSat === 0n && result.status === 'failed' && order.lostLease !== true)
    return afterFailedReturn({ ...order, ...failed }, result)
  return { ...idle, state: 'refunded', returnedSat: refund.returnedSat, feeSat: refund.feeSat }
}

function withReceived(before: Refund, result: OperationResult): Refund {
  const tokens = before.tokens.slice(1)
  if (result.status === 'failed') return { ...before, tokens }
  return {
    tokens,
    returnedSat: before.returnedSat + result.amountSat,
    feeSat: before.feeSat + result.feeSat,
  }
}

function afterFailedReturn(
  order: OrderIn<'reclaiming'>,
  result: OperationResult & { status: 'failed' },
): OrderData {
  const { refusal, message } = order
  const note = `taking the money back failed (${result.reason}): ${result.detail}`
  if (message === undefined) return { ...order, state: 'locked', note }
  // A refund or a release that does not hold is as good as none: what is left is the lock, which ends by itself.
  if (refusal !== undefined && (order.way === 'receive' || order.way === 'respend')) {
    return {
      ...order,
      state: 'refused',
      message,
      refusal: { ...refusal, payment: { status: 'untouched' }, untrue: NO_MONEY },
      note,
    }
  }
  return { ...order, state: 'silent', message, note }
}

function endStop(orders: OrderStore, tx: Transaction, order: Order, result: OperationResult): void {
  if (order.state !== 'stopping' || order.stop.operation !== result.operationId) throw foreign(order, result)
  const { answer } = order.stop
  if (answer === undefined) throw foreign(order, result)
  const { operation: _, ...stop } = order.stop
  const after = { ...answer, ...withReceived(answer, result) }
  const failed =
    result.status === 'failed' ? refundFailed(order, answer.tokens.slice(0, 1), result.detail) : {}
  if (after.tokens.length > 0) {
    moveOrder(orders, tx, order, { ...order, ...failed, stop: { ...stop, answer: after } })
    return
  }
  endLease(orders, tx, { ...order, ...failed, stop }, after)
}

/** What a stopping order says of tokens that cannot be received now; it keeps them. */
export function refundFailed(
  order: OrderIn<'stopping'>,
  tokens: readonly string[],
  why: string,
): Pick<OrderIn<'stopping'>, 'note' | 'unreceived'> {
  return { note: `the refund cannot be received: ${why}`, ...withTokens(order, tokens) }
}

function addRefund(
  orders: OrderStore,
  tx: Transaction,
  order: Order,
  result: OperationResult,
  hash: EffectArgs[string] | undefined,
): void {
  if (result.status === 'failed' || order.state === 'drafted') return
  const rest = withoutTokens(order, (token) => tokenHash(token) === hash)
  const note = `${satText(result.amountSat)} of a refund came in later`
  const sums =
    'returnedSat' in order
      ? { returnedSat: order.returnedSat + result.amountSat, feeSat: order.feeSat + result.feeSat }
      : {}
  moveOrder(orders, tx, order, { ...order, ...rest, ...sums, note })
}

/** The last step of a stop: order and pod are stopped. */
export function endLease(
  orders: OrderStore,
  tx: Transaction,
  order: OrderIn<'stopping'>,
  { usedSec, returnedSat, feeSat }: { usedSec: number; returnedSat: bigint; feeSat: bigint },
): void {
  moveOrder(orders, tx, order, { ...order, state: 'stopped', usedSec, returnedSat, feeSat })
  const pod = orders.pod(order.podNpub)
  if (pod !== undefined) orders.savePod(tx, { ...pod, state: 'stopped' })
}

function foreign(order: Order, result: OperationResult): PaygressError {
  return new PaygressError(
    'internal',
    `operation ${result.operationId} does not belong to order ${order.orderId} as it is (${order.state})`,
  )
}
