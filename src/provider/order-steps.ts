// Which steps do orders of all kinds share? Capturing, giving up, giving money back.
import { toPaygressError } from '../core/errors.ts'
import { msatToSatFloor } from '../core/money.ts'
import type { Outcome } from '../wallet/operation-options.ts'
import { CAPTURED, REFUNDED } from './effects.ts'
import type { RefundPart } from './order.ts'
import {
  readOrder,
  writeOrder,
  writeReply,
  type SpawnOrder,
  type StopOrder,
  type TopupOrder,
} from './orders.ts'
import type { ProviderContext } from './provider-context.ts'
import { asType, refusalReply, refusal, type Refusal } from './refusal-reply.ts'
import { releaseToken } from './release-token.ts'
import { refundedReply } from './refund-reply.ts'
import { isPaygressCode, tokenTaken } from './take-payment.ts'

/** `moved`: the order stands elsewhere now. `again`: nothing could be done yet, try later. */
export type Step = 'moved' | 'again'

export type PaidOrder = SpawnOrder | TopupOrder

/** A refund token is kept for its buyer for this long, in milliseconds. */
const REFUND_KEPT_MS = 30 * 24 * 60 * 60 * 1000
/** A reply without money or machine waits this long for a relay, in milliseconds. */
export const PLAIN_REPLY_KEPT_MS = 60 * 60 * 1000

/** Begins the capture; the order is `capturing` on disk before the mint is asked. */
export async function capture(context: ProviderContext, order: PaidOrder): Promise<Step> {
  const { wallet, ledger } = context
  const { payment } = order
  try {
    const outcome = await wallet.capture(payment.token, {
      captureBefore: payment.captureBefore,
      lockEndsAt: payment.lockEndsAt,
      orderId: order.orderId,
      effect: { name: CAPTURED, args: { key: order.key } },
      prepare: (tx, operationId) =>
        writeOrder(ledger, tx, { ...order, stage: { state: 'capturing', operationId } }),
    })
    return settleCapture(context, order.key, outcome)
  } catch (error) {
    // A proof was captured or released before: this payment never will be.
    if (isPaygressCode(error, 'failed', 'invalid_token')) return giveUp(context, order, tokenTaken())
    throw error
  }
}

/** Asks for the outcome of a capture that was begun. */
export async function awaitCapture(
  context: ProviderContext,
  order: PaidOrder,
  operationId: string,
): Promise<Step> {
  const outcome = await settled(context, operationId)
  return settleCapture(context, order.key, outcome)
}

/** How an operation of the wallet ended, asked of the mint where that is not known yet. */
async function settled(context: ProviderContext, operationId: string): Promise<Outcome> {
  const known = context.wallet.operation(operationId)
  if (known !== undefined && known.status !== 'unknown') return known
  return context.wallet.settle(operationId, context.signal)
}

function settleCapture(context: ProviderContext, key: string, outcome: Outcome): Step {
  const order = readOrder(context.ledger, key)
  if (order === undefined || order.kind === 'refusal' || order.kind === 'stop') return 'again'
  if (outcome.status === 'unknown') return sayPending(context, order)
  // The transaction that ended the capture has moved the order as well (effects.ts).
  return order.stage.state === 'capturing' ? 'again' : 'moved'
}

function sayPending(context: ProviderContext, order: PaidOrder): Step {
  if (order.reply !== undefined) return 'again'
  const type = order.type === 'spawn' ? 'resource_unavailable' : 'internal_error'
  const pending = refusal(type, 'The mint has not said yet whether the payment arrived; the outcome follows')
  const content = refusalReply(pending, order.orderId, { status: 'pending' })
  const until = context.clock.now() + PLAIN_REPLY_KEPT_MS
  context.wallet.transaction((tx) => writeReply(context.ledger, tx, order, content, until))
  return 'again'
}

/** Turns an order that cannot be served to giving back; `parts` is what was captured. */
export function giveUp(
  context: ProviderContext,
  order: PaidOrder,
  why: Refusal,
  parts: RefundPart[] = [],
): Step {
  context.log.info(
    { order: order.orderId, type: order.type, error: why.type, captured: parts.length > 0 },
    'an order cannot be served',
  )
  const stage = { state: 'giving-up', refusal: asType(why, order.type), parts } as const
  context.wallet.transaction((tx) => writeOrder(context.ledger, tx, { ...order, stage }))
  return 'moved'
}

/** What a payment that was captured in full owes back. */
export function wholeCredit(order: PaidOrder, creditMsat: bigint): RefundPart[] {
  return [{ mint: order.payment.token.mint, amountMsat: creditMsat }]
}

/** Gives an uncaptured payment back: signatures to a proven sender, else the word that it is untouched. */
export async function giveBackUncaptured(
  context: ProviderContext,
  order: PaidOrder,
  why: Refusal,
): Promise<Step> {
  const { wallet, ledger } = context
  const { key, orderId, payment } = order
  if (payment.releasable && (await releaseToken(context, { key, orderId, token: payment.token })))
    return 'moved'
  const content = refusalReply(why, order.orderId, { status: 'untouched' })
  const until = context.clock.now() + PLAIN_REPLY_KEPT_MS
  wallet.transaction((tx) =>
    writeReply(ledger, tx, { ...order, stage: { state: 'refused' } }, content, until),
  )
  return 'moved'
}

/** Pays the first part that is still owed, or ends the order when none is left. */
export async function refundNext(context: ProviderContext, order: PaidOrder | StopOrder): Promise<Step> {
  if (order.stage.state !== 'refunding') return 'again'
  const { operationId, parts } = order.stage
  if (operationId !== undefined) {
    const { status } = await settled(context, operationId)
    return status === 'unknown' ? 'again' : 'moved'
  }
  const part = parts[0]
  if (part === undefined) return endRefund(context, order)
  const grossSat = msatToSatFloor(part.amountMsat)
  const isDust = grossSat < 1n || (await context.wallet.planRefund(part.mint, grossSat)).receiverNetSat < 1n
  if (isDust) return keepDust(context, order)
  return payPart(context, order, part, grossSat)
}

function keepDust(context: ProviderContext, order: PaidOrder | StopOrder): Step {
  if (order.stage.state !== 'refunding') return 'again'
  const stage = { ...order.stage, parts: order.stage.parts.slice(1) }
  context.wallet.transaction((tx) => writeOrder(context.ledger, tx, { ...order, stage }))
  return 'moved'
}

async function payPart(
  context: ProviderContext,
  order: PaidOrder | StopOrder,
  part: RefundPart,
  grossSat: bigint,
): Promise<Step> {
  const { stage } = order
  if (stage.state !== 'refunding') return 'again'
  const outcome = await context.wallet.refund(part.mint, grossSat, {
    lockTo: order.kind === 'stop' ? order.refundTo : order.payment.refundTo,
    orderId: order.orderId,
    effect: { name: REFUNDED, args: { key: order.key, at: context.clock.now() } },
    prepare: (tx, operationId) =>
      writeOrder(context.ledger, tx, { ...order, stage: { ...stage, operationId } }),
  })
  return outcome.status === 'done' ? 'moved' : 'again'
}

function endRefund(context: ProviderContext, order: PaidOrder | StopOrder): Step {
  if (order.stage.state !== 'refunding') return 'again'
  const content = refundedReply(order, order.stage)
  const until = context.clock.now() + REFUND_KEPT_MS
  const ended: PaidOrder | StopOrder =
    order.kind === 'stop'
      ? { ...order, stage: { state: 'stopped' } }
      : { ...order, stage: { state: 'refused' } }
  context.wallet.transaction((tx) => writeReply(context.ledger, tx, ended, content, until))
  context.log.info(
    { order: order.orderId, type: order.type, tokens: order.stage.refunded.length },
    'a refund is on its way',
  )
  return 'moved'
}

/** The reason to show a buyer for an error of the place where machines run. */
export function machineReason(error: unknown): string {
  const known = toPaygressError(error)
  return known.code === 'internal' ? 'the machine could not be started' : known.message
}
