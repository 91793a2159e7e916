// What can still be done for one order that a crash, a time-out or a silent provider left open?
import { unixSeconds } from '../core/clock.ts'
import { applyAnswer } from './apply-answer.ts'
import { keepLaterEnd } from './later-end.ts'
import { markExpired, refundIn, takeLostLease } from './lost-lease.ts'
import { getOrder, inState, isIn, moveNow } from './order-journal.ts'
import type { Order, OrderIn } from './order.ts'
import type { Client, InboxReading } from './ports.ts'
import { receiveKept } from './receive-kept.ts'
import { sendOrder } from './send-order.ts'
import { lockHasEnded, settleRefusal } from './settle-refusal.ts'
import { applyStopAnswer, finishStop } from './stop-pod.ts'
import { settleReturn, takeBack } from './take-back.ts'

/** A refund is kept for its buyer for that long. */
export const REFUND_KEPT_SEC = 30 * 24 * 60 * 60

export type Recoverer = Omit<Client, 'offers' | 'ssh' | 'keys' | 'ask'>

export interface RecoverStep {
  /** Answers that relays keep; empty where nobody was asked. */
  inbox: InboxReading
  /** `quick` leaves `drafted` and `locked` orders alone and publishes nothing; `full` ends them and asks again. */
  mode: 'quick' | 'full'
  /** Whether the paid time of a lease is over by its mint's time, too. */
  hasEnded(order: OrderIn<'ready'>): Promise<boolean>
  /** How long a silent provider is waited for. */
  askAgainMs: number
  signal: AbortSignal
}

/** The order as far as it can be brought now. Nothing that was not yet `sent` is ever published here. */
export async function recoverOrder(client: Recoverer, start: Order, step: RecoverStep): Promise<Order> {
  let order = readAnswers(client, start, step.inbox)
  if (step.mode === 'full') order = await receiveKept(client, order, step.signal)
  // Every step moves on along the diagram, so that this ends; the same revision twice means that it has to wait.
  // A provider that stays silent is asked once.
  for (let asked = false; ;) {
    const before = order
    const asks = isIn(before, ['sent', 'silent'])
    if (asks && asked) return order
    asked ||= asks
    order = await oneStep(client, before, step)
    if (order.revision === before.revision) return order
    // Somebody else has spent it: to try again at once would never end.
    if (order.state === 'locked' && before.state !== 'drafted') return order
  }
}

function readAnswers(client: Recoverer, order: Order, inbox: InboxReading): Order {
  const ids = messageIds(order)
  for (const { messageId, from, content } of inbox.answers) {
    if (!ids.includes(messageId) || from !== order.terms.provider) continue
    const current = getOrder(client.orders, order.orderId)
    // A provider that comes back late may still make good for what it broke.
    if (isIn(current, ['sent', 'silent', 'broken']) && current.message !== undefined)
      applyAnswer(client, { ...current, message: current.message }, content)
    else if (current.state === 'stopping') applyStopAnswer(client, current, content)
  }
  return getOrder(client.orders, order.orderId)
}

/** The messages of an order that answers may name. */
function messageIds(order: Order): string[] {
  const own = 'message' in order && order.message !== undefined ? [order.message.id] : []
  return order.state === 'stopping' ? [...own, order.stop.message.id] : own
}

async function oneStep(client: Recoverer, order: Order, step: RecoverStep): Promise<Order> {
  const { mode, signal } = step
  signal.throwIfAborted()
  switch (order.state) {
    case 'drafted':
      return mode === 'full' ? endDraft(client, order, signal) : order
    case 'locked':
      return mode === 'full' && lockHasEnded(client, order) ? endUnsent(client, order, signal) : order
    case 'sent':
    case 'silent':
      return mode === 'full' ? askAgain(client, order, step) : order
    case 'refused':
      return settleRefusal(client, order, signal)
    case 'reclaiming':
      return settleReturn(client, order, signal)
    case 'stopping':
      return mode === 'full' || order.stop.answer !== undefined
        ? finishStop(client, order, { signal, timeoutMs: step.askAgainMs })
        : order
    case 'ready':
      return endLease(client, order, step)
    case 'expired':
      return lateLoss(client, order, step)
    case 'reclaimed':
    case 'refunded':
    case 'stopped':
    case 'broken':
      return order
  }
}

async function endDraft(client: Recoverer, order: OrderIn<'drafted'>, signal: AbortSignal): Promise<Order> {
  if (order.payOperation !== undefined) {
    await client.wallet.settle(order.payOperation, signal)
    return getOrder(client.orders, order.orderId)
  }
  return moveNow(client.orders, order, { ...order, state: 'reclaimed', returnedSat: 0n, feeSat: 0n })
}

/** What was never sent is taken back; where somebody else has spent it, it ends when nobody keeps a refund for it any more. */
async function endUnsent(client: Recoverer, order: OrderIn<'locked'>, signal: AbortSignal): Promise<Order> {
  const { wallet, orders, clock } = client
  const { token, locktime, respondBefore, mintAheadSec } = order.payment
  const { state } = await wallet.tokenState(await wallet.inspect(token, [order.terms.mint]))
  if (state !== 'spent') return takeBack(client, notSpent(orders, order), { by: 'own' }, signal)
  const over = unixSeconds(clock) + mintAheadSec - (locktime ?? respondBefore)
  if (over > REFUND_KEPT_SEC) return moveNow(orders, order, { ...order, state: 'broken', lockSettled: true })
  return order.spentElsewhere === true ? order : moveNow(orders, order, { ...order, spentElsewhere: true })
}

/** What was said of it before does not hold any more, whatever becomes of taking it back. */
function notSpent(orders: Client['orders'], order: OrderIn<'locked'>): OrderIn<'locked'> {
  const { spentElsewhere, ...unspent } = order
  return spentElsewhere === undefined ? order : inState(moveNow(orders, order, unspent), 'locked')
}

async function askAgain(
  client: Recoverer,
  order: OrderIn<'sent' | 'silent'>,
  { askAgainMs, signal }: RecoverStep,
): Promise<Order> {
  client.progress.step(`asking the provider of order ${order.orderId} again`)
  const asked = await sendOrder(client, order, { timeoutMs: askAgainMs, signal })
  return asked.state === 'silent' && answerTimeIsOver(client, asked)
    ? askTheMint(client, asked, signal)
    : asked
}

/** The lock has ended; without a lock, nobody may take the token any more. */
function answerTimeIsOver({ clock }: Recoverer, { payment }: OrderIn<'silent'>): boolean {
  return unixSeconds(clock) + payment.mintAheadSec > (payment.locktime ?? payment.respondBefore)
}

/** NUT-07: what is unspent is taken back; spent money is the provider's, its witness is the receipt, and it still owes an answer. */
async function askTheMint(client: Recoverer, order: OrderIn<'silent'>, signal: AbortSignal): Promise<Order> {
  const { wallet, orders, clock } = client
  const token = await wallet.inspect(order.payment.token, [order.terms.mint])
  const { state, witness = order.witness } = await wallet.tokenState(token)
  if (state === 'unspent' || state === 'mixed') return takeBack(client, order, { by: 'own' }, signal)
  if (state === 'pending') return order
  const paidUntil = order.payment.respondBefore + order.terms.durationSec
  if (unixSeconds(clock) + order.payment.mintAheadSec > paidUntil)
    return moveNow(orders, order, { ...order, state: 'broken', witness })
  return witness === order.witness ? order : moveNow(orders, order, { ...order, witness })
}

async function endLease(
  client: Recoverer,
  order: OrderIn<'ready'>,
  { inbox, hasEnded, signal }: RecoverStep,
): Promise<Order> {
  if (order.kind !== 'buy') return order
  for (const { messageId, from, content } of inbox.answers) {
    if (messageId !== order.message.id || from !== order.terms.provider) continue
    keepLaterEnd(client, order, content)
    const refund = refundIn(order, content)
    if (refund === undefined) continue
    const after = await takeLostLease(client, order, refund, signal)
    if (after.revision !== order.revision) return after
  }
  return inbox.complete && (await hasEnded(order)) ? markExpired(client, order) : order
}

/** A provider that was away may find out afterwards that it had lost the machine: its refund is welcome then, too. */
async function lateLoss(
  client: Recoverer,
  order: OrderIn<'expired'>,
  { inbox, signal }: RecoverStep,
): Promise<Order> {
  for (const { messageId, from, content } of inbox.answers) {
    if (messageId !== order.message.id || from !== order.terms.provider) continue
    const refund = refundIn(order, content)
    if (refund !== undefined) return takeLostLease(client, order, refund, signal)
  }
  return order
}
