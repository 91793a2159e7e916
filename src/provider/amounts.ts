// How much of what was paid is owed back, and at which mint does it lie?
import type { MintUrl } from '../core/mint-url.ts'
import type { Msat } from '../core/money.ts'
import { costMsat, type RateMsatPerSec } from '../core/pricing.ts'
import type { Lease } from './lease.ts'
import type { RefundPart } from './order.ts'
import type { Credit } from './ports.ts'

/** Seconds of paid time used at `at`, begun ones whole and lost ones not counted; never below zero. Milliseconds in. */
export function usedSeconds(
  { paidFrom, outages }: Pick<PaidTime, 'paidFrom' | 'outages'>,
  at: number,
): number {
  return Math.max(0, Math.ceil((at - paidFrom - (outages?.toRefundMs ?? 0)) / 1000))
}

/** So much of each outage is the buyer's to bear, in milliseconds. */
const BORNE_MS = 30_000
/** An end in force may be so much off the one that was asked for, in milliseconds: deadlines have whole seconds. */
export const A_LITTLE_MS = 2_000

/** What a lease was paid for, and how much of its outages was made good before; milliseconds. */
type PaidTime = Pick<Lease, 'paidFrom' | 'paidUntil' | 'outages'>

/** How much of an outage is its provider's to make good. All times in milliseconds. */
export function lostMs(downSince: number, until: number): number {
  return Math.max(0, until - downSince - BORNE_MS)
}

/** By how much the end moves for time that was lost: all outages of a lease move it by no more than was paid for; the rest is refunded. */
export function extensionMs({ paidFrom, paidUntil, outages }: PaidTime, lost: number): number {
  // Both ends move by what was made good.
  const left = paidUntil - paidFrom - (outages?.addedMs ?? 0)
  return Math.max(0, Math.min(lost, left))
}

/** What is left of a credit after the used seconds; never below zero. */
export function unusedMsat(creditMsat: Msat, usedSec: number, rate: RateMsatPerSec): Msat {
  const rest = creditMsat - costMsat(usedSec, rate)
  return rest > 0n ? rest : 0n
}

/** What is owed to a buyer, and for how many used seconds nothing is. */
interface Settlement {
  usedSec: number
  owedMsat: Msat
}

/** What would come back of a running lease if its buyer ended it at `at`, and the seconds used until then; an outage that goes on is none of them. */
export function settleAt(
  lease: Pick<Lease, 'paidFrom' | 'outages' | 'spec'>,
  credits: readonly Credit[],
  at: number,
): Settlement {
  const downMs = lostMs(lease.outages?.downSince ?? at, at)
  return settle(lease, credits, usedSeconds(lease, at - downMs))
}

/**
 * What comes back of a lease whose machine its provider lost at `at`, and the seconds used. A machine that never came back counts until it went
 * down, with nothing for its buyer to bear; one that its buyer never heard of was the provider's own.
 */
export function settleLossAt(
  lease: Pick<Lease, 'paidFrom' | 'outages' | 'spec' | 'reported'>,
  credits: readonly Credit[],
  at: number,
): Settlement {
  const until = Math.min(lease.outages?.downSince ?? at, at)
  return settle(lease, credits, lease.reported ? usedSeconds(lease, until) : 0)
}

function settle({ spec }: Pick<Lease, 'spec'>, credits: readonly Credit[], usedSec: number): Settlement {
  return { usedSec, owedMsat: unusedMsat(balanceMsat(credits), usedSec, spec.rateMsatPerSec) }
}

/** What a lease still holds: all that came in less all that went back. */
export function balanceMsat(credits: readonly Credit[]): Msat {
  return credits.reduce((sum, credit) => sum + credit.amountMsat, 0n)
}

/** Splits an amount over the mints the money came from, the last credit first; never more than a mint holds of this lease. */
export function refundParts(credits: readonly Credit[], amountMsat: Msat): RefundPart[] {
  const held = new Map<MintUrl, Msat>()
  // Inserting again puts the mint of a later credit behind the others.
  for (const { mint, amountMsat: credit } of credits) {
    const before = held.get(mint) ?? 0n
    if (credit > 0n) held.delete(mint)
    held.set(mint, before + credit)
  }
  const parts: RefundPart[] = []
  let left = amountMsat
  for (const [mint, balance] of [...held].toReversed()) {
    const part = left < balance ? left : balance
    if (part <= 0n) continue
    parts.push({ mint, amountMsat: part })
    left -= part
  }
  return parts
}
