// From when on does paid time count? From the moment in which one relay took the first reply.
import { accessReply } from './access-reply.ts'
import { balanceMsat } from './amounts.ts'
import { leaseRow, parseLease, type Lease } from './lease.ts'
import { readOrder, writeReply } from './orders.ts'
import type { OrderReply } from './outbox.ts'
import type { ProviderContext } from './provider-context.ts'
import { isPaygressCode } from './take-payment.ts'

/** What a reply may take on its way without being given back, in milliseconds. */
const USUAL_WAY_MS = 15_000

/** Marks the lease of a delivered first reply as known to its buyer; time that passed before is added, and told as news. */
export async function noteFirstReport(context: ProviderContext, reply: OrderReply): Promise<void> {
  const order = readOrder(context.ledger, reply.orderKey)
  if (order?.kind !== 'spawn' || order.stage.state !== 'delivered' || order.reply !== reply.content) return
  await context.leaseTurns.run(order.leaseId, async () => {
    const found = context.ledger.lease(order.leaseId)
    if (found?.state !== 'running') return
    const lease = parseLease(found)
    if (lease.reported) return
    const lostMs = context.clock.now() - lease.paidFrom
    const extended =
      lostMs > USUAL_WAY_MS ? await giveTimeBack(context, lease, order.orderId, lostMs) : undefined
    const reported: Lease = { ...(extended ?? lease), reported: true }
    const credit = balanceMsat(context.ledger.credits(lease.leaseId))
    context.wallet.transaction((tx) => {
      context.ledger.putLease(tx, leaseRow(reported))
      if (extended === undefined) return
      writeReply(context.ledger, tx, order, accessReply(order, reported, credit), reported.paidUntil)
    })
  })
}

/** The lease with its whole paid time still before it; undefined where the machine has ended. */
async function giveTimeBack(
  context: ProviderContext,
  lease: Lease,
  orderId: string,
  lostMs: number,
): Promise<Lease | undefined> {
  try {
    const asked = new Date(lease.paidUntil + lostMs)
    const { expiresAt } = await context.compute.setEnd(lease.leaseId, `${orderId}/unreported`, asked)
    const moved = expiresAt.getTime() - lease.paidUntil
    return { ...lease, paidFrom: lease.paidFrom + moved, paidUntil: lease.paidUntil + moved }
  } catch (error) {
    if (isPaygressCode(error, 'pod_ended', 'machine_failed')) return undefined
    throw error
  }
}
