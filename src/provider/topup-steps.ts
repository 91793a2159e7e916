// How does a top-up go from an authorised payment to a later end, one step at a time?
import { remainderMsat, secondsFor } from '../core/pricing.ts'
import { topupReply } from './access-reply.ts'
import { A_LITTLE_MS } from './amounts.ts'
import { leaseRow, parseLease, type Lease } from './lease.ts'
import {
  awaitCapture,
  capture,
  giveBackUncaptured,
  giveUp,
  refundNext,
  wholeCredit,
  type Step,
} from './order-steps.ts'
import { writeOrder, writeReply, type TopupOrder } from './orders.ts'
import type { ProviderContext } from './provider-context.ts'
import { noSuchPod } from './refusal-reply.ts'
import { isPaygressCode } from './take-payment.ts'

/** With less time left than this the machine gets a bridge while its payment is captured, in milliseconds. */
const BRIDGE_MS = 60_000

/** One step of a top-up; steps of one lease never overlap. */
export async function stepTopup(context: ProviderContext, order: TopupOrder): Promise<Step> {
  return context.leaseTurns.run(order.leaseId, async () => {
    const { stage } = order
    switch (stage.state) {
      case 'accepted':
        return begin(context, order)
      case 'capturing':
        return awaitCapture(context, order, stage.operationId)
      case 'paid':
        return extend(context, order, stage.creditMsat)
      case 'giving-up':
        return giveBack(context, order)
      case 'refunding':
        return refundNext(context, order)
      case 'delivered':
      case 'refused':
        return 'again'
    }
  })
}

async function begin(context: ProviderContext, order: TopupOrder): Promise<Step> {
  const lease = runningLease(context, order)
  if (lease === undefined) return gone(context, order)
  if (lease.paidUntil - context.clock.now() >= BRIDGE_MS) return capture(context, order)
  // On disk first: whoever finds `bridged` takes the bridge back.
  const bridged: TopupOrder = { ...order, bridged: true }
  context.wallet.transaction((tx) => writeOrder(context.ledger, tx, bridged))
  try {
    const end = new Date(lease.paidUntil + BRIDGE_MS)
    await context.compute.setEnd(order.leaseId, `${order.orderId}/bridge`, end)
  } catch (error) {
    if (!isPaygressCode(error, 'pod_ended', 'machine_failed')) throw error
    return gone(context, order)
  }
  return capture(context, bridged)
}

async function extend(context: ProviderContext, order: TopupOrder, creditMsat: bigint): Promise<Step> {
  const lease = runningLease(context, order)
  if (lease === undefined) return gone(context, order, creditMsat)
  const credit = lease.restMsat + creditMsat
  const boughtSec = secondsFor(credit, lease.spec.rateMsatPerSec)
  const asked = new Date(lease.paidUntil + boughtSec * 1000)
  try {
    const expiresAt = await moveEnd(context, order, asked)
    const extended: Lease = {
      ...lease,
      paidUntil: expiresAt.getTime(),
      owedMs: 0,
      // The end in force may be a little off the one asked for: what was used is counted from the beginning.
      paidFrom: lease.paidFrom + (expiresAt.getTime() - asked.getTime()),
      restMsat: remainderMsat(credit, lease.spec.rateMsatPerSec),
    }
    return record(context, order, extended, creditMsat, boughtSec)
  } catch (error) {
    if (!isPaygressCode(error, 'pod_ended', 'machine_failed')) throw error
    return gone(context, order, creditMsat)
  }
}

/** The end in force once the machine has the bought time. */
async function moveEnd(context: ProviderContext, order: TopupOrder, asked: Date): Promise<Date> {
  const { compute } = context
  const { expiresAt } = await compute.setEnd(order.leaseId, order.orderId, asked)
  if (expiresAt.getTime() >= asked.getTime() - A_LITTLE_MS) return expiresAt
  // It was done before, unheard, and others have moved the end since by what stands in the ledger, which is without it.
  const again = `${order.orderId}/until-${asked.getTime()}`
  return (await compute.setEnd(order.leaseId, again, asked)).expiresAt
}

function record(
  context: ProviderContext,
  order: TopupOrder,
  lease: Lease,
  creditMsat: bigint,
  boughtSec: number,
): Step {
  const at = context.clock.now()
  const { mint } = order.payment.token
  context.wallet.transaction((tx) => {
    context.ledger.putLease(tx, leaseRow(lease))
    context.ledger.addCredit(tx, {
      leaseId: lease.leaseId,
      orderKey: order.key,
      mint,
      amountMsat: creditMsat,
      at,
    })
    const done: TopupOrder = { ...order, stage: { state: 'delivered' } }
    writeReply(context.ledger, tx, done, topupReply(order, lease, boughtSec), lease.paidUntil)
  })
  context.log.info(
    { order: order.orderId, lease: lease.leaseId, seconds: boughtSec },
    'a machine was topped up',
  )
  return 'moved'
}

/** The lease, where it still runs and its paid time is not over. */
function runningLease(context: ProviderContext, order: TopupOrder): Lease | undefined {
  const row = context.ledger.lease(order.leaseId)
  return row?.state === 'running' && row.paidUntil > context.clock.now() - graceMs(order)
    ? parseLease(row)
    : undefined
}

// A bridged machine outlives its paid end by the bridge, in which its payment may still arrive.
function graceMs(order: TopupOrder): number {
  return order.bridged ? BRIDGE_MS : 0
}

function gone(context: ProviderContext, order: TopupOrder, creditMsat?: bigint): Step {
  const pod = context.ledger.lease(order.leaseId)?.podNpub ?? order.leaseId
  return giveUp(
    context,
    order,
    noSuchPod(pod),
    creditMsat === undefined ? [] : wholeCredit(order, creditMsat),
  )
}

async function giveBack(context: ProviderContext, order: TopupOrder): Promise<Step> {
  if (order.stage.state !== 'giving-up') return 'again'
  const { parts, refusal: why } = order.stage
  if (order.bridged) await takeBridgeBack(context, order)
  if (parts.length === 0) return giveBackUncaptured(context, order, why)
  const refunding: TopupOrder = {
    ...order,
    stage: { state: 'refunding', parts, refunded: [], refusal: why },
  }
  context.wallet.transaction((tx) => writeOrder(context.ledger, tx, refunding))
  return 'moved'
}

async function takeBridgeBack(context: ProviderContext, order: TopupOrder): Promise<void> {
  const lease = context.ledger.lease(order.leaseId)
  if (lease?.state !== 'running') return
  try {
    await context.compute.setEnd(order.leaseId, `${order.orderId}/back`, new Date(lease.paidUntil))
  } catch (error) {
    if (!isPaygressCode(error, 'pod_ended', 'machine_failed')) throw error
    context.log.debug({ lease: lease.leaseId }, 'the machine ended before its bridge was taken back')
  }
}
