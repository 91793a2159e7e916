// Which machines have ended, and was it their time? Books ends, refunds what was lost, sweeps what nobody owns.
import type { LeaseId } from '../core/ids.ts'
import { toPaygressError } from '../core/errors.ts'
import { lostMs, refundParts, settleLossAt } from './amounts.ts'
import type { Machine, Readiness } from './compute-port.ts'
import { leaseRow, readableLease, type Lease } from './lease.ts'
import { readOrder, writeOrder } from './orders.ts'
import { noteReadiness } from './outages.ts'
import { enforceOwedEnd } from './owed-end.ts'
import { pause } from '../core/pause.ts'
import { retryDelayMs } from './retry-delay.ts'
import type { ProviderContext } from './provider-context.ts'
import { refusal } from './refusal-reply.ts'

/** An end this close before the paid one counts as on time, in milliseconds. */
const ON_TIME_MS = 2_000
const LOOK_EVERY_MS = 60_000
/** When all machines were last seen, in milliseconds. */
const SEEN_NOTE = 'machines-seen-at'

/** Follows the ends of machines until the signal fires; `resume` goes on with an order that owes money now. */
export async function watchLeases(context: ProviderContext, resume: (key: string) => void): Promise<void> {
  await Promise.all([followEnds(context, resume), lookRegularly(context, resume)])
}

async function followEnds(context: ProviderContext, resume: (key: string) => void): Promise<void> {
  const { signal, log } = context
  const failed = (error: unknown): void =>
    log.warn({ error: toPaygressError(error).message }, 'what became of a machine could not be booked yet')
  const handlers = {
    onEnd: (leaseId: LeaseId): void => void bookEnd(context, leaseId, resume).catch(failed),
    onGap: (): void => void reconcileLeases(context, resume).catch(failed),
    onReadiness: (leaseId: LeaseId, readiness: Readiness): void =>
      void noteReadiness(context, leaseId, readiness).catch(failed),
  }
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      await context.compute.watch(handlers, signal)
    } catch (error) {
      failed(error)
    }
    await pause(retryDelayMs(attempt), signal)
  }
}

async function lookRegularly(context: ProviderContext, resume: (key: string) => void): Promise<void> {
  while (!context.signal.aborted) {
    await pause(LOOK_EVERY_MS, context.signal)
    if (context.signal.aborted) return
    try {
      await reconcileLeases(context, resume)
    } catch (error) {
      // Absence of information never ends a lease.
      context.log.warn({ error: toPaygressError(error).message }, 'the machines could not be listed')
    }
  }
}

/** Compares the ledger with one list of all machines; throws where the list cannot be had, not for a machine that cannot be looked at. */
export async function reconcileLeases(
  context: ProviderContext,
  resume: (key: string) => void,
): Promise<void> {
  const machines = new Map((await context.compute.list()).map((machine) => [machine.leaseId, machine]))
  const owed = new Set(context.ledger.leasesOwedAnEnd())
  for (const leaseId of context.ledger.runningLeases()) {
    const machine = machines.get(leaseId)
    await byItself(context, leaseId, async () => {
      if (machine?.state === 'unknown')
        context.log.warn(
          { lease: leaseId },
          'a machine is there, and what its place says of it cannot be read',
        )
      else if (machine === undefined || machine.state === 'ended') await bookEnd(context, leaseId, resume)
      else if (owed.has(leaseId)) await enforceOwedEnd(context, leaseId)
    })
  }
  await sweep(context, [...machines.values()])
  const seen = String(context.clock.now())
  context.wallet.transaction((tx) => context.ledger.setNote(tx, SEEN_NOTE, seen))
}

/** Looks after one machine: where that fails it is told, and the others go on. */
async function byItself(
  context: ProviderContext,
  leaseId: LeaseId,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (context.signal.aborted) throw error
    const { message } = toPaygressError(error)
    context.log.warn(
      { lease: leaseId, error: message },
      'a machine cannot be looked after now; the others go on',
    )
  }
}

/** Books the end of a machine: expired where its paid time is over, else lost and refunded. */
async function bookEnd(
  context: ProviderContext,
  leaseId: LeaseId,
  resume: (key: string) => void,
): Promise<void> {
  await context.leaseTurns.run(leaseId, async () => {
    const row = context.ledger.lease(leaseId)
    if (row?.state !== 'running') return
    const machine = await context.compute.describe(leaseId)
    if (machine !== undefined && machine.state !== 'ended') return
    const lease = readableLease(context.log, row)
    if (lease === undefined) return
    const endedAt = endOf(context, lease, machine)
    const downSince = lease.outages?.downSince ?? endedAt
    const isServed = lostMs(downSince, endedAt) + (lease.outages?.toRefundMs ?? 0) === 0
    const isOnTime = endedAt >= lease.paidUntil - ON_TIME_MS && isServed
    // Paid time that its buyer could never know of was the provider's own.
    if (lease.reported && isOnTime) await expire(context, lease)
    else lose(context, lease, endedAt, resume)
    context.offerChanged()
  })
}

function endOf(context: ProviderContext, lease: Lease, machine: Machine | undefined): number {
  if (machine?.state === 'ended' && machine.endedAt !== undefined) return machine.endedAt.getTime()
  const now = context.clock.now()
  // Ended on time while nobody looked, as far as anybody knows: at the end that was enforced, which may not be the one that is owed.
  const enforced = lease.paidUntil - lease.owedMs
  if (now >= enforced) return enforced
  const seen = Number(context.ledger.note(SEEN_NOTE) ?? Number.NaN)
  return Number.isFinite(seen) ? Math.min(now, Math.max(seen, lease.paidFrom)) : now
}

/** Books it and gives what is left of the machine back at once: its port is free for the next one. */
async function expire(context: ProviderContext, lease: Lease): Promise<void> {
  const { leaseId } = lease
  context.wallet.transaction((tx) => context.ledger.putLease(tx, leaseRow({ ...lease, state: 'expired' })))
  context.log.info({ lease: leaseId }, 'a lease has expired')
  try {
    await context.compute.end(leaseId)
  } catch (error) {
    // Its place forgets it by itself, a little later.
    context.log.warn({ lease: leaseId, error: toPaygressError(error).message }, 'what is left of it stays')
  }
}

function lose(context: ProviderContext, lease: Lease, endedAt: number, resume: (key: string) => void): void {
  const order = readOrder(context.ledger, lease.orderKey)
  if (order?.kind !== 'spawn') return
  const credits = context.ledger.credits(lease.leaseId)
  const { usedSec, owedMsat } = settleLossAt(lease, credits, endedAt)
  const why = refusal(
    'resource_unavailable',
    'The machine was lost by its provider; the unused time is refunded',
  )
  context.wallet.transaction((tx) => {
    context.ledger.putLease(tx, leaseRow({ ...lease, state: 'lost', restMsat: 0n }))
    const parts = refundParts(credits, owedMsat)
    const stage = { state: 'refunding', parts, refunded: [], refusal: why } as const
    writeOrder(context.ledger, tx, { ...order, stage: { ...stage, refunded: [] } })
  })
  context.log.error({ lease: lease.leaseId, usedSec }, 'a machine was lost before its paid end')
  resume(order.key)
}

/** Ends machines that no lease and no open order owns. */
async function sweep(context: ProviderContext, machines: readonly Machine[]): Promise<void> {
  // Every one of these machines had its order before it was listed.
  const owned = new Set([...context.ledger.openLeaseIds(), ...context.ledger.runningLeases()])
  for (const machine of machines) {
    if (machine.state === 'ended' || owned.has(machine.leaseId)) continue
    context.log.warn({ lease: machine.leaseId }, 'a machine that nobody paid for is ended')
    await byItself(context, machine.leaseId, async () => context.compute.end(machine.leaseId))
  }
}
