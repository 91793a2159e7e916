// From when on does paid time count? From the moment in which one relay took the first reply.
import { leaseRow } from './lease.ts'
import { readOrder } from './orders.ts'
import type { OrderReply } from './outbox.ts'
import { enforceOwed, withRunning } from './owed-end.ts'
import type { ProviderContext } from './provider-context.ts'

/** What a reply may take on its way without being given back, in milliseconds. */
const USUAL_WAY_MS = 15_000

/** Marks the lease of a delivered first reply as known to its buyer; time that passed before is added, and told as news. */
export async function noteFirstReport(context: ProviderContext, reply: OrderReply): Promise<void> {
  const order = readOrder(context.ledger, reply.orderKey)
  if (order?.kind !== 'spawn' || order.stage.state !== 'delivered' || order.reply !== reply.content) return
  await withRunning(context, order.leaseId, async (lease) => {
    if (lease.reported) return
    const passedMs = context.clock.now() - lease.paidFrom
    const lostMs = passedMs > USUAL_WAY_MS ? passedMs : 0
    const reported = {
      ...lease,
      reported: true,
      paidFrom: lease.paidFrom + lostMs,
      paidUntil: lease.paidUntil + lostMs,
      owedMs: lease.owedMs + lostMs,
      ...(lostMs > 0 ? { unreportedOwed: true } : {}),
    }
    context.wallet.transaction((tx) => context.ledger.putLease(tx, leaseRow(reported)))
    await enforceOwed(context, reported)
  })
}
