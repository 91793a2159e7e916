// How much is it? Amounts are bigint millisatoshi inside; sats exist only at the mint and on the screen.
import { PaygressError } from './errors.ts'
import { quoteArgument } from './quote-argument.ts'

/** Millisatoshi, the only unit of the ledgers. */
export type Msat = bigint

const MSAT_PER_SAT = 1000n
/** All the sats there will ever be: no amount above it is sane. */
export const MAX_SAT = 2_100_000_000_000_000n

export function satToMsat(sat: bigint): Msat {
  return sat * MSAT_PER_SAT
}

/** Whole sats in an amount, rounded down. */
export function msatToSatFloor(msat: Msat): bigint {
  return msat / MSAT_PER_SAT
}

/** Whole sats that cover an amount, rounded up. */
export function msatToSatCeil(msat: Msat): bigint {
  return (msat + MSAT_PER_SAT - 1n) / MSAT_PER_SAT
}

/** Parses a number of sats typed by a person (digits, `_` and `,` as separators, optional `sat`/`sats`); throws `invalid_amount`. */
export function parseSat(text: string): bigint {
  const match = /^(\d{1,3}(?:[_,]\d{3})+|\d+)\s?(?:sats?)?$/i.exec(text.trim())
  const digits = match?.[1]?.replace(/[_,]/g, '')
  if (digits === undefined || digits.length > 16)
    throw invalidAmount(text, 'it must be a whole number of sats')
  const sat = BigInt(digits)
  if (sat === 0n) throw invalidAmount(text, 'it must be at least 1')
  if (sat > MAX_SAT) throw invalidAmount(text, 'there are not that many sats')
  return sat
}

function invalidAmount(text: string, why: string): PaygressError {
  return new PaygressError('invalid_amount', `${quoteArgument(text)} is not an amount: ${why}`, {
    hint: 'write sats as digits, for example 1000',
  })
}

/** A JSON-safe number of a bigint amount; throws `internal` beyond 2^53 (no such sum of sats exists). */
export function toSafeNumber(amount: bigint): number {
  const number = Number(amount)
  if (!Number.isSafeInteger(number)) throw new PaygressError('internal', 'an amount is too large for JSON')
  return number
}
