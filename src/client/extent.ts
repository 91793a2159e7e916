// How much is wanted: a time, an end, or as much as some money buys?
import { type Clock } from '../core/clock.ts'
import { LONGEST_SEC, TOO_LONG } from '../core/duration.ts'
import { PaygressError } from '../core/errors.ts'
import { satToMsat } from '../core/money.ts'
import { costSat, type RateMsatPerSec, secondsFor } from '../core/pricing.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { SpendPlan } from '../wallet/mint-facts.ts'
import type { Wallet } from '../wallet/wallet.ts'
import { satText } from './money-text.ts'

/** `--for`, `--until` or `--amount` (all that leaves the wallet, fees included). */
export type Extent = { durationSec: number } | { until: Date } | { amountSat: bigint }

/** Seconds that are wanted at a rate, before any fee; throws `invalid_duration` for an end that is past or too far away. */
export function wantedSeconds(extent: Extent, rate: RateMsatPerSec, clock: Clock): number {
  if ('durationSec' in extent) return extent.durationSec
  if ('amountSat' in extent) return secondsFor(satToMsat(extent.amountSat), rate)
  return secondsUntil(extent.until, clock)
}

/** Refuses an end that cannot be meant before anybody is asked for offers; throws as `wantedSeconds` does. */
export function checkEnd(extent: Extent, clock: Clock): void {
  if ('until' in extent) secondsUntil(extent.until, clock)
}

function secondsUntil(until: Date, clock: Clock): number {
  const seconds = Math.ceil((until.getTime() - clock.now()) / 1000)
  if (seconds <= 0) {
    throw new PaygressError('invalid_duration', `${until.toISOString()} is over`, {
      hint: 'give --until a time in the future, or use --for',
    })
  }
  if (seconds <= LONGEST_SEC) return seconds
  throw new PaygressError('invalid_duration', `until ${until.toISOString()} is no duration: ${TOO_LONG}`, {
    hint: 'give --until an earlier time, or use --for',
  })
}

function refuseEndless(amountSat: bigint, rate: RateMsatPerSec): void {
  if (secondsFor(satToMsat(amountSat), rate) <= LONGEST_SEC) return
  throw new PaygressError(
    'invalid_duration',
    `what ${satText(amountSat)} pay for is no duration: ${TOO_LONG}`,
    { hint: 'use a smaller --amount, or --for' },
  )
}

export interface Price {
  durationSec: number
  plan: SpendPlan
}

/** What the wanted extent costs at a rate, paid from a mint; throws `invalid_amount` for an amount that only pays fees, `invalid_duration`. */
export async function priceOf(
  wallet: Pick<Wallet, 'planSpend'>,
  { extent, rate, mint, clock }: { extent: Extent; rate: RateMsatPerSec; mint: MintUrl; clock: Clock },
): Promise<Price> {
  if (!('amountSat' in extent)) {
    const durationSec = wantedSeconds(extent, rate, clock)
    return { durationSec, plan: await wallet.planSpend(mint, costSat(durationSec, rate)) }
  }
  refuseEndless(extent.amountSat, rate)
  const plan = await mostFor(extent.amountSat, async (netSat) => wallet.planSpend(mint, netSat))
  if (plan !== undefined) return { durationSec: secondsFor(satToMsat(plan.netSat), rate), plan }
  throw new PaygressError(
    'invalid_amount',
    `${satText(extent.amountSat)} are too little: the fees of ${mint} eat them`,
    { hint: 'use a larger --amount' },
  )
}

/** The plan that brings the provider most and takes no more than `limitSat`; undefined where even one sat takes more. */
async function mostFor(
  limitSat: bigint,
  planFor: (netSat: bigint) => Promise<SpendPlan>,
): Promise<SpendPlan | undefined> {
  // Payments consist of few coins, so that what one takes rises in steps: the limit is closed in on by halves.
  let best: SpendPlan | undefined
  let [most, tooMuch] = [0n, limitSat + 1n]
  for (let netSat = limitSat; most + 1n < tooMuch; netSat = (most + tooMuch) / 2n) {
    const plan = await planFor(netSat)
    if (plan.totalSat <= limitSat) {
      best = plan
      most = netSat
    } else tooMuch = netSat
  }
  return best
}
