// Can this machine be extended? Checks a top-up request and turns it into an authorised order.
import { satToMsat } from '../core/money.ts'
import { costMsat, secondsFor } from '../core/pricing.ts'
import { secondsLeft } from '../core/lease.ts'
import type { TopupRequest } from '../protocol/topup.ts'
import type { InspectedToken } from '../wallet/inspected-token.ts'
import { tooLong } from './handle-spawn.ts'
import { readableLease } from './lease.ts'
import type { TopupOrder } from './orders.ts'
import type { ProviderContext } from './provider-context.ts'
import { insufficientPayment, noSuchPod, type Refusal, unreadablePod } from './refusal-reply.ts'
import type { NewOrder } from './refuse.ts'
import { authorise } from './take-payment.ts'

/** What must be left until `respond_before`, in seconds. */
const TOPUP_RESERVE_SEC = 60

/** The order, authorised but not yet written; or why there is none. */
export async function prepareTopup(
  context: ProviderContext,
  head: NewOrder,
  request: TopupRequest,
  token: InspectedToken,
  requestedAt: number,
): Promise<{ order: TopupOrder } | { refusal: Refusal }> {
  const pod = request.pod_npub ?? request.pod_name ?? ''
  const row = context.ledger.leaseOfPod(pod)
  const now = context.clock.now()
  if (row?.state !== 'running' || row.paidUntil <= now) return { refusal: noSuchPod(pod) }
  const lease = readableLease(context.log, row)
  if (lease === undefined) return { refusal: unreadablePod() }
  const { leaseId, spec, restMsat, paidUntil } = lease
  const paid = satToMsat(token.netSat)
  const bought = secondsFor(restMsat + paid, spec.rateMsatPerSec)
  if (bought < 1)
    return { refusal: insufficientPayment(paid, costMsat(1, spec.rateMsatPerSec) - restMsat, 1, spec) }
  const long = tooLong(secondsLeft(paidUntil, now) + bought, context.config.maximumDurationSec)
  if (long !== undefined) return { refusal: long }
  const authorised = await authorise(context, {
    sender: head.sender,
    token,
    fields: request,
    requestedAt,
    leadSec: TOPUP_RESERVE_SEC,
    allowanceSec: 0,
    mayStartFirst: true,
  })
  if ('refusal' in authorised) return authorised
  const { payment } = authorised
  return {
    order: {
      ...head,
      reply: undefined,
      kind: 'topup',
      leaseId,
      payment,
      bridged: false,
      stage: { state: 'accepted' },
    },
  }
}
