// What does time cost, and how much time does money buy?
import { type Msat, msatToSatCeil } from './money.ts'

/** Price of one second; a positive integer of at most 2^53 - 1. */
export type RateMsatPerSec = number

/** No offer and no limit is higher than this. */
export const HIGHEST_RATE_MSAT_PER_SEC = 1_000_000_000_000
export const HIGHEST_SATS_PER_HOUR = 1_000_000_000_000

export function costMsat(durationSec: number, rate: RateMsatPerSec): Msat {
  return BigInt(durationSec) * BigInt(rate)
}

/** The sats a provider must net for a duration: ceil(duration × rate / 1000). */
export function costSat(durationSec: number, rate: RateMsatPerSec): bigint {
  return msatToSatCeil(costMsat(durationSec, rate))
}

/** Whole seconds that a credit buys: floor(credit / rate). */
export function secondsFor(creditMsat: Msat, rate: RateMsatPerSec): number {
  return Number(creditMsat / BigInt(rate))
}

/** What is left of a credit after its whole seconds are taken. */
export function remainderMsat(creditMsat: Msat, rate: RateMsatPerSec): Msat {
  return creditMsat % BigInt(rate)
}

/** Sats per hour for the screen, rounded up. */
export function satsPerHour(rate: RateMsatPerSec): number {
  return Number(msatToSatCeil(costMsat(3_600, rate)))
}

/** The rate of the older single price: ceil(sat per hour × 1000 / 3600). */
export function rateFromSatsPerHour(satPerHour: number): RateMsatPerSec {
  return Math.ceil((satPerHour * 1000) / 3_600)
}
