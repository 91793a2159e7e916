// How does a spawn take one of the few places for machines that nobody has paid yet, and leave it again?
import type { SpawnOrder } from './orders.ts'
import type { ProviderContext } from './provider-context.ts'
import { isPaygressCode } from './take-payment.ts'

/** Waits for a place; false where no place became free before `until` (milliseconds). */
export async function takePlace(
  context: ProviderContext,
  order: SpawnOrder,
  until: number,
): Promise<boolean> {
  if (context.places.has(order.key)) return true
  const waited = AbortSignal.timeout(Math.max(1, Math.min(until - context.clock.now(), 2 ** 31 - 1)))
  try {
    const leave = await context.unpaid.enter(order.sender, AbortSignal.any([waited, context.signal]))
    context.places.set(order.key, leave)
    return true
  } catch (error) {
    if (waited.aborted || context.signal.aborted || isPaygressCode(error, 'busy')) return false
    throw error
  }
}

/** Gives the place back, if the order has one. */
export function leavePlace(context: ProviderContext, order: { key: string }): void {
  context.places.get(order.key)?.()
  context.places.delete(order.key)
}
