// How long is it until an end that a provider names? Our clock may be wrong, and so may what we know of the mint's by now: nobody's fault.
import { PaygressError } from '../core/errors.ts'
import { getOrder } from './order-journal.ts'
import type { Deadlines } from './order-terms.ts'
import type { Client, Pod } from './ports.ts'

/** What is known of clocks from when an order was paid. */
type Clocks = Pick<Deadlines, 'mintAheadSec'>

/** By so much the clocks of a provider and of its mint may be apart, in seconds, before it is blamed for an end. */
const CLOCKS_APART_SEC = 300

/** Seconds from a moment of our own clock to the end that a provider named, both in milliseconds; negative where it is over. */
function secondsUntilEnd({ mintAheadSec }: Clocks, fromMs: number, endMs: number): number {
  return (endMs - fromMs) / 1000 - mintAheadSec
}

/** The same, reckoned in the provider's favour: never less than it means. */
export function mostSecondsUntilEnd(clocks: Clocks, fromMs: number, endMs: number): number {
  return secondsUntilEnd(clocks, fromMs, endMs) + CLOCKS_APART_SEC
}

export type PlaceOfEnd = 'ahead' | 'near' | 'over'

/**
 * Where an end is, by our clock and by what was known of the mint's: `ahead` or `over` where both say so, `near` where they do not agree, or where it
 * comes so soon that it may be over for its provider.
 */
export function placeOfEnd(clocks: Clocks, nowMs: number, endMs: number): PlaceOfEnd {
  const byOurs = secondsUntilEnd({ mintAheadSec: 0 }, nowMs, endMs)
  const byTheMints = secondsUntilEnd(clocks, nowMs, endMs)
  if (byOurs < 0 && byTheMints < 0) return 'over'
  return Math.min(byOurs, byTheMints) > CLOCKS_APART_SEC ? 'ahead' : 'near'
}

/** Where the paid end of a pod is. */
export function placeOfPodEnd({ orders, clock }: Pick<Client, 'orders' | 'clock'>, pod: Pod): PlaceOfEnd {
  return placeOfEnd(clocksOf(orders, pod), clock.now(), pod.expiresAt.getTime())
}

/** Whole seconds that a pod has at least, by either clock; never below zero. */
export function leastSecondsLeft({ orders, clock }: Pick<Client, 'orders' | 'clock'>, pod: Pod): number {
  const [now, end] = [clock.now(), pod.expiresAt.getTime()]
  const left = Math.min((end - now) / 1000, secondsUntilEnd(clocksOf(orders, pod), now, end))
  return Math.max(0, Math.floor(left))
}

/** Of an order that cannot be read nothing is known: its pod is there all the same, and so are all others. */
function clocksOf(orders: Client['orders'], pod: Pod): Clocks {
  try {
    const order = getOrder(orders, pod.orderId)
    if ('payment' in order && order.payment !== undefined) return order.payment
  } catch (error) {
    if (!(error instanceof PaygressError) || error.code !== 'storage_failed') throw error
  }
  return { mintAheadSec: 0 }
}
