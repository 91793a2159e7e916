// What did crashes, time-outs and silent providers leave open, and what became of it now?
import { PaygressError, toPaygressError } from '../core/errors.ts'
import type { OrderId } from '../core/ids.ts'
import type { RecoveryReport } from '../wallet/recovery-report.ts'
import { podName } from './apply-answer.ts'
import { interruptible } from './interruptible.ts'
import { leaseEnds, seemsOver } from './lease-end.ts'
import { satText, whereTheMoneyIs } from './money-text.ts'
import { allOrders, getOrder } from './order-journal.ts'
import { isOpen, type Order, type OrderState } from './order.ts'
import type { InboxReading, Message } from './ports.ts'
import { type OrderOutlook, outlookOf } from './order-outlook.ts'
import { isUnsettled, settleLock } from './untaken-payment.ts'
import { keepsTokens } from './receive-kept.ts'
import { type Recoverer, recoverOrder, type RecoverStep, REFUND_KEPT_SEC } from './recover-order.ts'

export interface RecoverOptions {
  /** `quick`: what every command does that opens the wallet. `full`: `paygress orders recover`. */
  mode: 'quick' | 'full'
  /** How long a silent provider is waited for when it is asked again; 15 s without it. */
  askAgainMs?: number | undefined
  signal: AbortSignal
}

export interface RecoveredOrder extends OrderOutlook {
  orderId: OrderId
  from: OrderState
  state: OrderState
  /** One line for a person. */
  text: string
}

export interface OrdersRecovery {
  /** Orders that came further. */
  recovered: RecoveredOrder[]
  /** Orders that still have to wait, and for what. */
  open: RecoveredOrder[]
  /** Tokens for somebody else whose maker ended before it could show them; one line each. */
  unseenTokens: string[]
  /** Money operations of the wallet that ended on the way, and those whose mint has not said how they stand. */
  operations: RecoveryReport
}

/** How long relays, and the mints of leases that seem to be over, are waited for. */
const INBOX_MS = { quick: 3_000, full: 10_000 } as const
const ASK_AGAIN_MS = 15_000
/** States in which an answer may be waiting for us. */
const AWAITING: readonly OrderState[] = ['sent', 'silent', 'stopping', 'ready']
const NEWS_MS = REFUND_KEPT_SEC * 1000
const NOTHING: InboxReading = { answers: [], complete: false }

/**
 * Ends what the wallet left open, reads the answers that came meanwhile, and brings every open order as far as it goes. An order that
 * another process works on is left to it. A failure of one order is told in its line and stops no other.
 */
export async function recoverOrders(client: Recoverer, options: RecoverOptions): Promise<OrdersRecovery> {
  return interruptible(
    options.signal,
    () => recoverAll(client, options),
    () =>
      new PaygressError('interrupted', 'interrupted while recovering; everything is as it was or further', {
        hint: 'paygress orders recover',
      }),
  )
}

async function recoverAll(
  client: Recoverer,
  { mode, askAgainMs = ASK_AGAIN_MS, signal }: RecoverOptions,
): Promise<OrdersRecovery> {
  const before = new Map(allOrders(client.orders).map((order) => [order.orderId, order]))
  const report = await client.wallet.recover({ signal, thorough: mode === 'full' })
  const asked = allOrders(client.orders).filter((order) => isDue(client, order, mode))
  // Where the inbox is read anyway, news of leases that have ended are read with it.
  const reads = mode === 'full' || asked.some(({ state }) => AWAITING.includes(state))
  const due = reads
    ? allOrders(client.orders).filter((order) => asked.some(isSame(order)) || mayHaveNews(client, order))
    : asked
  const inbox = await readInbox(client, due, { mode, signal })
  const failures = new Map<OrderId, string>()
  const hasEnded = leaseEnds(client, { timeoutMs: INBOX_MS[mode], signal })
  for (const order of due) {
    const step = { mode, inbox, hasEnded, askAgainMs, signal }
    const failure = await recoverClaimed(client, order.orderId, step)
    if (failure !== undefined) failures.set(order.orderId, failure)
  }
  for (const order of allOrders(client.orders)) {
    if (signal.aborted) break
    if (isUnsettled(client, order, mode) && !(await settleLock(client, order, signal)) && mode === 'quick')
      break
  }
  const lines = allOrders(client.orders).map((order) =>
    lineOf(client, order, before.get(order.orderId), failures),
  )
  return {
    recovered: lines.filter(({ from, state }) => from !== state),
    open: lines.filter((line) => line.from === line.state && isOpen(line)),
    unseenTokens: report.ended.flatMap((ended) => unseenToken(ended)),
    operations: report,
  }
}

function unseenToken({ operationId, kind, orderId, result }: RecoveryReport['ended'][number]): string[] {
  if (kind !== 'send' || orderId !== undefined || result.status !== 'done') return []
  return [
    `a token of ${satText(result.amountSat)} was made: paygress wallet send --again ${operationId} prints it`,
  ]
}

function isDue(client: Recoverer, order: Order, mode: 'quick' | 'full'): boolean {
  if (order.state === 'ready') return order.kind === 'buy' && (mode === 'full' || seemsOver(client, order))
  if (mode === 'quick' && (order.state === 'drafted' || order.state === 'locked')) return false
  return isOpen(order) || (mode === 'full' && keepsTokens(order))
}

function isSame({ orderId }: Order): (other: Order) => boolean {
  return (other) => other.orderId === orderId
}

function mayHaveNews({ clock }: Recoverer, order: Order): boolean {
  if (order.state === 'broken') return clock.now() - order.createdAt.getTime() < NEWS_MS
  if (order.state !== 'expired' || order.kind !== 'buy') return false
  return clock.now() - Date.parse(order.expiresAt) < NEWS_MS
}

async function readInbox(
  client: Recoverer,
  due: readonly Order[],
  { mode, signal }: RecoverOptions,
): Promise<InboxReading> {
  const waiting = due.filter(
    ({ state }) => AWAITING.includes(state) || state === 'expired' || state === 'broken',
  )
  const messages: Message[] = waiting.flatMap((order) => [
    ...('message' in order && order.message !== undefined ? [order.message] : []),
    ...(order.state === 'stopping' ? [order.stop.message] : []),
  ])
  if (messages.length === 0) return NOTHING
  const oldest = Math.min(...waiting.map(({ createdAt }) => createdAt.getTime()))
  return client.messenger.readInbox({
    messages,
    since: Math.floor(oldest / 1000),
    timeoutMs: INBOX_MS[mode],
    signal,
  })
}

async function recoverClaimed(
  client: Recoverer,
  orderId: OrderId,
  step: RecoverStep,
): Promise<string | undefined> {
  if (!client.orders.claim(orderId)) return 'another paygress is working on it'
  try {
    await recoverOrder(client, getOrder(client.orders, orderId), step)
    return undefined
  } catch (error) {
    if (step.signal.aborted) throw error
    return toPaygressError(error).message
  } finally {
    client.orders.unclaim(orderId)
  }
}

function lineOf(
  client: Recoverer,
  order: Order,
  before: Order | undefined,
  failures: ReadonlyMap<OrderId, string>,
): RecoveredOrder {
  const failure = failures.get(order.orderId)
  const text = failure === undefined ? outcomeText(order) : `${outcomeText(order)} (${failure})`
  return {
    orderId: order.orderId,
    from: before?.state ?? order.state,
    state: order.state,
    text: `order ${order.orderId}: ${text}`,
    ...outlookOf(order, client),
  }
}

function outcomeText(order: Order): string {
  switch (order.state) {
    case 'ready':
      return order.kind === 'buy'
        ? `the machine is there: paygress ssh ${podName(order.podNpub)}`
        : `${podName(order.podNpub)} was topped up`
    case 'stopping':
      return `the provider has not stopped ${podName(order.podNpub)} yet`
    case 'stopped':
      return `${podName(order.podNpub)} is stopped, ${satText(order.returnedSat)} came back`
    case 'expired':
      return `${podName(order.podNpub)} has ended`
    default:
      return whereTheMoneyIs(order)
  }
}
