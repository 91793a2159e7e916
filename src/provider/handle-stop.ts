// May this machine be ended now, and how much of its time comes back?
import { decodeNpub } from '../core/npub.ts'
import type { StopRequest } from '../protocol/stop.ts'
import { refundParts, settleAt } from './amounts.ts'
import { leaseRow, readableLease } from './lease.ts'
import { writeOrder, type StopOrder } from './orders.ts'
import type { ProviderContext } from './provider-context.ts'
import { noSuchPod, refusal, unreadablePod } from './refusal-reply.ts'
import { refuse, type NewOrder } from './refuse.ts'
import { isStale, tooLate } from './take-payment.ts'

/** Writes the stop with its used seconds and what is owed, before anything is ended; or refuses it. */
export async function handleStop(
  context: ProviderContext,
  head: NewOrder,
  request: StopRequest,
  requestedAt: number,
): Promise<void> {
  if (isStale(context, requestedAt)) return refuse(context, head, tooLate())
  const row = context.ledger.leaseOfPod(request.pod_npub)
  if (row === undefined || decodeNpub(request.pod_npub) === undefined)
    return refuse(context, head, noSuchPod(request.pod_npub))
  if (row.owner !== head.sender)
    return refuse(context, head, refusal('not_allowed', 'Only its buyer may stop a pod'))
  await context.leaseTurns.run(row.leaseId, async () => {
    const current = context.ledger.lease(row.leaseId)
    const now = context.clock.now()
    if (current?.state !== 'running' || current.paidUntil <= now)
      return refuse(context, head, noSuchPod(request.pod_npub))
    const lease = readableLease(context.log, current)
    if (lease === undefined) return refuse(context, head, unreadablePod())
    const credits = context.ledger.credits(lease.leaseId)
    const { usedSec, owedMsat } = settleAt(lease, credits, now)
    const order: StopOrder = {
      ...head,
      reply: undefined,
      kind: 'stop',
      leaseId: lease.leaseId,
      podNpub: lease.podNpub,
      usedSec,
      ...(request.refund_pubkey === undefined ? {} : { refundTo: request.refund_pubkey }),
      stage: { state: 'stopping', parts: refundParts(credits, owedMsat) },
    }
    context.wallet.transaction((tx) => {
      context.ledger.putLease(tx, leaseRow({ ...lease, state: 'stopped', restMsat: 0n }))
      writeOrder(context.ledger, tx, order)
    })
    context.log.info(
      { order: head.orderId, lease: lease.leaseId, usedSec },
      'a machine is stopped by its buyer',
    )
  })
}
