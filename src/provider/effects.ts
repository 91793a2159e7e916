// What happens to an order in the very transaction in which its money moved? The same in any process, also after a crash.
import { satToMsat } from '../core/money.ts'
import type { EffectArgs, Effects, OperationResult, Transaction } from '../wallet/transaction.ts'
import { PaygressError } from '../core/errors.ts'
import { readOrder, writeOrder, writeReply, type Order, type SpawnOrder, type TopupOrder } from './orders.ts'
import type { Credit, Ledger } from './ports.ts'
import { asType, refusal, refusalReply, type Refusal } from './refusal-reply.ts'

export const CAPTURED = 'provider.captured'
export const REFUNDED = 'provider.refunded'
export const RELEASED = 'provider.released'

/** The effects of a provider's wallet operations, for whoever opens the wallet of this profile. */
export function providerEffects(ledger: Ledger): Effects {
  return {
    [CAPTURED]: (tx, result, args) => {
      const order = orderOf(ledger, args)
      if (order.kind !== 'spawn' && order.kind !== 'topup') throw wrongKind(order)
      writeOrder(ledger, tx, afterCapture(order, result))
    },
    [REFUNDED]: (tx, result, args) => {
      const order = orderOf(ledger, args)
      if (order.stage.state !== 'refunding') throw wrongKind(order)
      const { operationId: _ended, ...stage } = order.stage
      const [part, ...parts] = stage.parts
      // Nothing left the wallet: the part is still owed and is tried again.
      if (result.status !== 'done' || result.token === undefined || part === undefined) {
        writeOrder(ledger, tx, withStage(order, stage))
        return
      }
      const refunded = [
        ...stage.refunded,
        { mint: part.mint, token: result.token, amountMsat: satToMsat(result.amountSat) },
      ]
      writeOrder(ledger, tx, withStage(order, { ...stage, parts, refunded }))
      bookRefund(ledger, tx, order, { ...part, at: Number(args.at) })
    },
    [RELEASED]: (tx, result, args) => {
      const order = orderOf(ledger, args)
      if (result.status !== 'done' || result.signatures === undefined) throw wrongKind(order)
      const { why, lockEndsAt } = releaseTerms(order)
      const payment = { status: 'released', signatures: result.signatures } as const
      const content = refusalReply(why, order.orderId, payment)
      writeReply(ledger, tx, refusedOrder(order), content, lockEndsAt * 1000)
    },
  }
}

/** The order after its capture ended: paid, giving up without having touched the token, or giving back what came too late. */
function afterCapture<Paid extends SpawnOrder | TopupOrder>(order: Paid, result: OperationResult): Paid {
  if (result.status === 'done') {
    const creditMsat = satToMsat(result.amountSat)
    if (order.stage.state === 'capturing') return { ...order, stage: { state: 'paid', creditMsat } }
    // It was given up before, and its buyer told so: what arrived all the same goes back in full.
    const why = refusal('resource_unavailable', 'The payment arrived after its time; it is refunded')
    const parts = [{ mint: order.payment.token.mint, amountMsat: creditMsat }]
    return { ...order, stage: { state: 'giving-up', refusal: asType(why, order.type), parts } }
  }
  const why = asType(captureRefusal(result.reason), order.type)
  return { ...order, stage: { state: 'giving-up', refusal: why, parts: [] } }
}

function captureRefusal(reason: 'spent' | 'refused' | 'late'): Refusal {
  if (reason === 'late')
    return refusal('expired_request', 'The payment could not be taken before the request ended')
  if (reason === 'spent') return refusal('invalid_token', 'Invalid token: it is already spent')
  return refusal('invalid_token', 'Invalid token: its mint refuses it')
}

type Refundable = Extract<Order, { kind: 'spawn' | 'topup' | 'stop' }>

function withStage(order: Order, stage: Extract<Refundable['stage'], { state: 'refunding' }>): Refundable {
  if (order.kind === 'refusal') throw wrongKind(order)
  return { ...order, stage }
}

function bookRefund(
  ledger: Ledger,
  tx: Transaction,
  order: Order,
  part: Pick<Credit, 'mint' | 'amountMsat' | 'at'>,
): void {
  if (order.kind === 'refusal' || ledger.lease(order.leaseId) === undefined) return
  // A top-up that never counted was never a credit of its lease.
  if (order.kind === 'topup') return
  const { mint, amountMsat, at } = part
  ledger.addCredit(tx, { leaseId: order.leaseId, orderKey: order.key, mint, amountMsat: -amountMsat, at })
}

function releaseTerms(order: Order): { why: Refusal; lockEndsAt: number } {
  if (order.kind === 'refusal') return { why: order.refusal, lockEndsAt: order.lockEndsAt ?? 0 }
  if (order.kind === 'stop' || order.stage.state !== 'giving-up') throw wrongKind(order)
  return { why: order.stage.refusal, lockEndsAt: order.payment.lockEndsAt ?? 0 }
}

function refusedOrder(order: Order): Order {
  if (order.kind === 'stop') throw wrongKind(order)
  return { ...order, stage: { state: 'refused' } }
}

function orderOf(ledger: Ledger, args: EffectArgs): Order {
  const order = readOrder(ledger, String(args.key))
  if (order === undefined) throw new PaygressError('internal', `there is no order ${String(args.key)}`)
  return order
}

function wrongKind(order: Order): PaygressError {
  return new PaygressError('internal', `order ${order.key} cannot be in ${order.stage.state} here`)
}
