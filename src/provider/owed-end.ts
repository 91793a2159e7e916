// Which end does the ledger owe a buyer that its machine may not have yet? The ledger comes first, so that no crash and no top-up loses it.
import type { LeaseId } from '../core/ids.ts'
import { accessReply } from './access-reply.ts'
import { A_LITTLE_MS, balanceMsat } from './amounts.ts'
import { leaseRow, readableLease, type Lease } from './lease.ts'
import { readOrder, writeReply, type SpawnOrder } from './orders.ts'
import type { ProviderContext } from './provider-context.ts'
import { isPaygressCode } from './take-payment.ts'

/** Enforces the end that is owed, where that could not be done at once. */
export async function enforceOwedEnd(context: ProviderContext, leaseId: LeaseId): Promise<void> {
  await withRunning(context, leaseId, async (lease) => enforceOwed(context, lease))
}

/** Works on a lease that runs, while nobody else does. */
export async function withRunning(
  context: ProviderContext,
  leaseId: LeaseId,
  work: (lease: Lease) => Promise<void> | void,
): Promise<void> {
  await context.leaseTurns.run(leaseId, async () => {
    const row = context.ledger.lease(leaseId)
    if (row?.state !== 'running') return
    const lease = readableLease(context.log, row)
    if (lease !== undefined) await work(lease)
  })
}

/** Gives the machine the end that stands in the ledger, and tells its buyer; within the lease's turn. */
export async function enforceOwed(context: ProviderContext, lease: Lease): Promise<void> {
  if (lease.unreportedOwed !== true && lease.outages?.owed !== true) return
  const order = readOrder(context.ledger, lease.orderKey)
  if (order?.kind !== 'spawn') return
  const operations = owedOperations(order, lease)
  try {
    const ends: number[] = []
    for (const operation of operations) {
      const asked = new Date(lease.paidUntil)
      ends.push((await context.compute.setEnd(lease.leaseId, operation, asked)).expiresAt.getTime())
    }
    // One that was done before a crash tells the end of before: the last that is done sets all of it.
    const foundMs = Math.max(...ends) - lease.paidUntil
    // A much later one is another operation's, a bridge or a top-up, whose time is not this one's to book.
    const offMs = foundMs > A_LITTLE_MS ? 0 : foundMs
    const { outages, unreportedOwed: _, ...rest } = lease
    const enforced: Lease = {
      ...rest,
      owedMs: 0,
      ...(outages === undefined ? {} : { outages: { ...outages, owed: false } }),
      paidFrom: lease.paidFrom + offMs,
      paidUntil: lease.paidUntil + offMs,
    }
    const credit = balanceMsat(context.ledger.credits(lease.leaseId))
    context.wallet.transaction((tx) => {
      context.ledger.putLease(tx, leaseRow(enforced))
      writeReply(context.ledger, tx, order, accessReply(order, enforced, credit), enforced.paidUntil)
    })
  } catch (error) {
    // What stands in the ledger says how much its end owes.
    if (!isPaygressCode(error, 'pod_ended', 'machine_failed')) throw error
  }
}

function owedOperations({ orderId }: SpawnOrder, { outages, unreportedOwed }: Lease): string[] {
  return [
    ...(unreportedOwed === true ? [`${orderId}/unreported`] : []),
    ...(outages?.owed === true ? [`${orderId}/unready-${outages.madeGood}`] : []),
  ]
}
