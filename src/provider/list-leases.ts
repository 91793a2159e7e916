// Which machines are rented out, to whom, until when?
import type { Clock } from '../core/clock.ts'
import { LEASE_STATES, type LeaseState, secondsLeft } from '../core/lease.ts'
import type { Msat } from '../core/money.ts'
import { encodeNpub, type PodNpub } from '../core/npub.ts'
import { tryLease } from './lease.ts'
import type { Ledger } from './ports.ts'

export interface LeaseView {
  podNpub: PodNpub
  podName: string
  specId: string
  state: LeaseState
  ownerNpub: string
  /** Undefined where the lease cannot be read from the ledger: all else stands beside it. */
  address: { host: string; port: number } | undefined
  startedAt: Date
  expiresAt: Date
  secondsLeft: number
  /** What was paid for it and has not gone back. */
  paidMsat: Msat
}

/** Leases by state, the oldest first; ended ones only with `all`. */
export function listLeases(
  ledger: Pick<Ledger, 'leasesIn' | 'credits'>,
  clock: Clock,
  { all = false }: { all?: boolean } = {},
): LeaseView[] {
  const states = all ? LEASE_STATES : (['running'] as const)
  return states.flatMap((state) =>
    ledger.leasesIn(state).map((row) => {
      const { podNpub, podName, specId, owner, paidFrom, paidUntil } = row
      const lease = tryLease(row)
      return {
        podNpub,
        podName,
        specId,
        state,
        ownerNpub: encodeNpub(owner),
        address: lease === undefined ? undefined : { host: lease.host, port: lease.port },
        startedAt: new Date(paidFrom),
        expiresAt: new Date(paidUntil),
        secondsLeft: state === 'running' ? secondsLeft(paidUntil, clock.now()) : 0,
        paidMsat: ledger.credits(row.leaseId).reduce((sum, { amountMsat }) => sum + amountMsat, 0n),
      }
    }),
  )
}
