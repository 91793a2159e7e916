// How long is it until an end that a provider names? By the mint's clock: ours may be wrong, and is nobody's fault.
import type { Deadlines } from './order.ts'

/** By so much the clocks of a provider and of its mint may be apart, in seconds, before it is blamed for an end. */
export const CLOCKS_APART_SEC = 300

/** Seconds from a moment of our own clock to the end that a provider named, both in milliseconds; negative where it is over. */
export function secondsUntilEnd(
  { mintAheadSec }: Pick<Deadlines, 'mintAheadSec'>,
  fromMs: number,
  endMs: number,
): number {
  return (endMs - fromMs) / 1000 - mintAheadSec
}
