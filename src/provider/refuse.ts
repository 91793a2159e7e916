// How is a request refused, so that the same request gets the same refusal and its money back?
import { PaygressError } from '../core/errors.ts'
import type { InspectedToken } from '../wallet/wallet.ts'
import { RELEASED } from './effects.ts'
import { PLAIN_REPLY_KEPT_MS } from './order-steps.ts'
import { writeOrder, writeReply, type RefusalOrder } from './orders.ts'
import type { OrderRow } from './ports.ts'
import type { ProviderContext } from './provider-context.ts'
import { asType, refusalReply, type Refusal } from './refusal-reply.ts'
import { holderOf, isPaygressCode } from './take-payment.ts'

/** What every new order is known by. */
export type NewOrder = Pick<OrderRow, 'key' | 'sender' | 'type' | 'orderId' | 'fingerprint' | 'createdAt'> & {
  door: string
  address: string
}

/** Refuses a new order: releases a locked token to its proven sender, else says that the money is untouched. */
export function refuse(
  context: ProviderContext,
  head: NewOrder,
  given: Refusal,
  releasable?: InspectedToken,
): void {
  const why = asType(given, head.type)
  context.log.info({ order: head.orderId, type: head.type, error: why.type }, 'a request was refused')
  if (releasable !== undefined && release(context, head, why, releasable)) return
  const content = refusalReply(why, head.orderId, head.type === 'stop' ? undefined : { status: 'untouched' })
  const order: RefusalOrder = {
    ...head,
    reply: undefined,
    kind: 'refusal',
    refusal: why,
    stage: { state: 'refused' },
  }
  const until = context.clock.now() + PLAIN_REPLY_KEPT_MS
  context.wallet.transaction((tx) => writeReply(context.ledger, tx, order, content, until))
}

/** False where another order holds one of the proofs, or a capture of one was submitted: no signature may leave. */
function release(context: ProviderContext, head: NewOrder, why: Refusal, token: InspectedToken): boolean {
  if (token.lock.kind !== 'ours') return false
  const order: RefusalOrder = {
    ...head,
    reply: undefined,
    kind: 'refusal',
    refusal: why,
    lockEndsAt: token.lock.locktime,
    stage: { state: 'releasing' },
  }
  const until = token.lock.locktime
  try {
    context.wallet.release(token, {
      orderId: head.orderId,
      effect: { name: RELEASED, args: { key: head.key } },
      // One transaction with the signatures: whoever holds a proof first keeps it.
      prepare: (tx) => {
        if (!context.wallet.claim(tx, token, { ...holderOf(head), until }))
          throw new PaygressError('failed', 'another order holds a proof of this token')
        writeOrder(context.ledger, tx, order)
      },
    })
    return true
  } catch (error) {
    if (isPaygressCode(error, 'failed')) return false
    throw error
  }
}
