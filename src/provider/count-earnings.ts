// What has the provider earned, and what of its money does it still owe? Counted per mint.
import type { Clock } from '../core/clock.ts'
import { LEASE_STATES } from '../core/lease.ts'
import type { MintUrl } from '../core/mint-url.ts'
import { type Msat, msatToSatFloor } from '../core/money.ts'
import { balanceMsat, settleAt } from './amounts.ts'
import { tryLease } from './lease.ts'
import type { Credit, Ledger, LeaseRow } from './ports.ts'

export interface MintEarnings {
  mint: MintUrl
  /** All that buyers have paid. */
  receivedMsat: Msat
  /** What went back to them. */
  refundedMsat: Msat
  /** Paid for time that has been served. */
  earnedMsat: Msat
  /** Paid for time that machines still have to run: it may have to go back. */
  unearnedMsat: Msat
}

/** The books of one mint in whole sats, for the eye: received is refunded, earned and owed together, to the sat. */
export interface WholeSats {
  receivedSat: bigint
  refundedSat: bigint
  /** Rounded down: a sat that is not earned whole is still owed. */
  earnedSat: bigint
  owedSat: bigint
}

/** Rounds the sums so that they still add up, which three numbers rounded each by itself do not. */
export function wholeSats({ receivedMsat, refundedMsat, earnedMsat }: MintEarnings): WholeSats {
  const receivedSat = msatToSatFloor(receivedMsat)
  const keptSat = msatToSatFloor(receivedMsat - refundedMsat)
  const earnedSat = msatToSatFloor(earnedMsat)
  return { receivedSat, refundedSat: receivedSat - keptSat, earnedSat, owedSat: keptSat - earnedSat }
}

/** One entry per mint that was ever paid at, in the order of the first payment. */
export function countEarnings(ledger: Pick<Ledger, 'leasesIn' | 'credits'>, clock: Clock): MintEarnings[] {
  const books = new Map<MintUrl, MintEarnings>()
  for (const row of LEASE_STATES.flatMap((state) => ledger.leasesIn(state))) {
    const credits = ledger.credits(row.leaseId)
    for (const credit of credits) enter(books, credit)
    for (const { mint, amountMsat } of owed(row, credits, clock)) {
      const entry = entryOf(books, mint)
      entry.earnedMsat -= amountMsat
      entry.unearnedMsat += amountMsat
    }
  }
  return [...books.values()]
}

function enter(books: Map<MintUrl, MintEarnings>, { mint, amountMsat }: Credit): void {
  const entry = entryOf(books, mint)
  entry.earnedMsat += amountMsat
  if (amountMsat > 0n) entry.receivedMsat += amountMsat
  else entry.refundedMsat -= amountMsat
}

function entryOf(books: Map<MintUrl, MintEarnings>, mint: MintUrl): MintEarnings {
  const known = books.get(mint)
  if (known !== undefined) return known
  const fresh = { mint, receivedMsat: 0n, refundedMsat: 0n, earnedMsat: 0n, unearnedMsat: 0n }
  books.set(mint, fresh)
  return fresh
}

/** What a running lease could still have to give back, from the last credit backwards, as refunds are paid. */
function owed(
  row: LeaseRow,
  credits: readonly Credit[],
  clock: Clock,
): { mint: MintUrl; amountMsat: Msat }[] {
  if (row.state !== 'running') return []
  const lease = tryLease(row)
  // Where the price cannot be read, all of it may have to go back.
  let rest =
    lease === undefined
      ? balanceMsat(credits)
      : settleAt(lease, credits, Math.min(clock.now(), lease.paidUntil)).owedMsat
  return credits.toReversed().flatMap(({ mint, amountMsat }) => {
    const part = amountMsat < rest ? amountMsat : rest
    if (part <= 0n) return []
    rest -= part
    return [{ mint, amountMsat: part }]
  })
}
