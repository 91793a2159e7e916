// When was a machine down by its provider's fault, and what is given for it? All times in milliseconds of our clock.
import { extensionMs, lostMs } from './amounts.ts'
import type { Readiness } from './compute-port.ts'
import { leaseRow, type Lease } from './lease.ts'
import type { LeaseId } from '../core/ids.ts'
import { enforceOwed, withRunning } from './owed-end.ts'
import type { ProviderContext } from './provider-context.ts'

interface Outage {
  since: number
  until: number
}

/** Books the beginning or the end of an outage, as often as it is told, once; its end moves the end of the lease. */
export async function noteReadiness(
  context: ProviderContext,
  leaseId: LeaseId,
  readiness: Readiness,
): Promise<void> {
  await withRunning(context, leaseId, async (lease) => {
    if (!readiness.ready) return openOutage(context, lease, readiness.since.getTime())
    const outage = outageOver(lease, readiness)
    if (outage === undefined) return undefined
    return enforceOwed(context, settleOutage(context, lease, outage))
  })
}

function openOutage(context: ProviderContext, lease: Lease, told: number): void {
  const downSince = Math.max(told, settledUntil(lease))
  // The first word is the best one: later the cluster has forgotten what was before.
  if ((lease.outages?.downSince ?? Number.POSITIVE_INFINITY) <= downSince) return
  const given = outagesOf(lease)
  write(context, { ...lease, outages: { ...given, settledUntil: settledUntil(lease), downSince } })
  context.log.warn(
    { lease: lease.leaseId, since: new Date(downSince).toISOString() },
    'a machine is down, not by its buyer',
  )
}

/** The outage that ended, known to the ledger or not; undefined where all was settled before. */
function outageOver(lease: Lease, readiness: Readiness & { ready: true }): Outage | undefined {
  const downSince = lease.outages?.downSince
  const told = readiness.outage
  const toldUntil = told?.until.getTime() ?? Number.NEGATIVE_INFINITY
  if (downSince !== undefined) {
    const until = toldUntil > downSince ? toldUntil : Math.max(downSince, readiness.since.getTime())
    return { since: Math.max(downSince, settledUntil(lease)), until }
  }
  if (told === undefined || toldUntil <= settledUntil(lease)) return undefined
  return { since: Math.max(told.since.getTime(), settledUntil(lease)), until: toldUntil }
}

// On disk first: from here on every other move of the end starts from the new one.
function settleOutage(context: ProviderContext, lease: Lease, { since, until }: Outage): Lease {
  const lost = lostMs(since, until)
  const extraMs = extensionMs(lease, lost)
  const { madeGood, addedMs, toRefundMs, owed } = outagesOf(lease)
  const settled: Lease = {
    ...lease,
    paidFrom: lease.paidFrom + extraMs,
    paidUntil: lease.paidUntil + extraMs,
    owedMs: lease.owedMs + extraMs,
    outages: {
      madeGood: extraMs > 0 ? madeGood + 1 : madeGood,
      addedMs: addedMs + extraMs,
      toRefundMs: toRefundMs + lost - extraMs,
      settledUntil: until,
      owed: owed || extraMs > 0,
    },
  }
  write(context, settled)
  const outage = { lease: lease.leaseId, downMs: until - since, addedMs: extraMs }
  context.log.warn(outage, 'a machine was down, not by its buyer')
  return settled
}

type Settled = Omit<NonNullable<Lease['outages']>, 'settledUntil' | 'downSince'>

function outagesOf({ outages }: Lease): Settled {
  const { madeGood = 0, addedMs = 0, toRefundMs = 0, owed = false } = outages ?? {}
  return { madeGood, addedMs, toRefundMs, owed }
}

/** No outage of paid time that is not settled began before. */
function settledUntil(lease: Lease): number {
  return Math.max(lease.paidFrom, lease.outages?.settledUntil ?? lease.paidFrom)
}

function write(context: ProviderContext, lease: Lease): void {
  context.wallet.transaction((tx) => context.ledger.putLease(tx, leaseRow(lease)))
}
