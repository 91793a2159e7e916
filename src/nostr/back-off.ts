// How long to wait before the next try?
import type { Random } from '../core/clock.ts'

export interface BackOffRange {
  /** Upper bound of the first wait, in milliseconds; it doubles with every failure. */
  firstMs: number
  /** Upper bound of any wait, in milliseconds. */
  maxMs: number
}

/** Milliseconds to wait after `failures` failures in a row: exponential, full jitter, never under a tenth of the bound. */
export function backOffMs(failures: number, range: BackOffRange, random: Random): number {
  const bound = Math.min(range.maxMs, range.firstMs * 2 ** Math.min(Math.max(failures - 1, 0), 30))
  return Math.round(bound * (0.1 + 0.9 * fraction(random)))
}

/** A number in [0, 1). */
export function fraction(random: Random): number {
  return Buffer.from(random.bytes(4)).readUInt32BE(0) / 2 ** 32
}
