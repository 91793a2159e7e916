// How is a request refused, so that the same request gets the same refusal and its money back?
import type { InspectedToken } from '../wallet/inspected-token.ts'
import { PLAIN_REPLY_KEPT_MS, type Step } from './order-steps.ts'
import { writeOrder, writeReply, type RefusalOrder } from './orders.ts'
import type { OrderRow } from './ports.ts'
import type { ProviderContext } from './provider-context.ts'
import { asType, refusalReply, type Refusal } from './refusal-reply.ts'
import { releaseToken } from './release-token.ts'
import { holderOf } from './take-payment.ts'

/** What every new order is known by. */
export type NewOrder = Pick<OrderRow, 'key' | 'sender' | 'type' | 'orderId' | 'fingerprint' | 'createdAt'> & {
  door: string
  address: string
}

/** Refuses a new order: a locked token of a proven sender is to be released (the driver does that), any other is untouched. */
export function refuse(
  context: ProviderContext,
  head: NewOrder,
  given: Refusal,
  releasable?: InspectedToken,
): void {
  const why = asType(given, head.type)
  context.log.info({ order: head.orderId, type: head.type, error: why.type }, 'a request was refused')
  if (releasable !== undefined && claimForRelease(context, head, why, releasable)) return
  const order: RefusalOrder = {
    ...head,
    reply: undefined,
    kind: 'refusal',
    refusal: why,
    stage: { state: 'refused' },
  }
  refuseUntouched(context, order)
}

/** Ends a refusal that gives no signature: the token is as it was. */
function refuseUntouched(context: ProviderContext, order: RefusalOrder): void {
  const payment = order.type === 'stop' ? undefined : ({ status: 'untouched' } as const)
  const content = refusalReply(order.refusal, order.orderId, payment)
  const until = context.clock.now() + PLAIN_REPLY_KEPT_MS
  const refused: RefusalOrder = { ...order, stage: { state: 'refused' } }
  context.wallet.transaction((tx) => {
    context.ledger.forgetRefusals(tx, context.clock.now())
    writeReply(context.ledger, tx, refused, content, until)
  })
}

/** False where another order holds one of the proofs: then no signature may leave. */
function claimForRelease(
  context: ProviderContext,
  head: NewOrder,
  why: Refusal,
  token: InspectedToken,
): boolean {
  if (token.lock.kind !== 'ours') return false
  const lockEndsAt = token.lock.locktime
  const order: RefusalOrder = {
    ...head,
    reply: undefined,
    kind: 'refusal',
    refusal: why,
    token,
    lockEndsAt,
    stage: { state: 'releasing' },
  }
  return context.wallet.transaction((tx) => {
    if (!context.wallet.claim(tx, token, { ...holderOf(head), until: lockEndsAt })) return false
    writeOrder(context.ledger, tx, order)
    return true
  })
}

/** Releases the token of a refused order. */
export async function stepRefusal(context: ProviderContext, order: RefusalOrder): Promise<Step> {
  const { token, key, orderId } = order
  if (token === undefined || !(await releaseToken(context, { token, key, orderId })))
    refuseUntouched(context, order)
  return 'moved'
}
