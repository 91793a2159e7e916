// Is the paid time of a lease over? Nothing is written down and nothing is refused for it before the mint's time says so, too.
import type { MintUrl } from '../core/mint-url.ts'
import { pause } from '../core/pause.ts'
import { maySucceedLater } from './may-succeed-later.ts'
import type { OrderIn } from './order.ts'
import { placeOfEnd, placeOfPodEnd } from './place-of-end.ts'
import type { Client, Pod } from './ports.ts'

type Ready = OrderIn<'ready'>

/** A mint that has said nothing for so long after an end may be gone for good; nobody's clock is wrong by as much as that unseen. */
const SILENT_MS = 86_400_000

/** True where the paid time has passed by our clock, and by what was known of the mint's when it was paid: both may be wrong by now. */
export function seemsOver({ orders, clock }: Pick<Client, 'orders' | 'clock'>, order: Ready): boolean {
  return placeOfEnd(order.payment, clock.now(), endOf(orders, order)) === 'over'
}

function endOf(orders: Client['orders'], order: Ready): number {
  return orders.pod(order.podNpub)?.expiresAt.getTime() ?? Date.parse(order.expiresAt)
}

/** True where the paid time of a pod has passed by both clocks and by its mint's, which is asked. Throws `mint_unreachable`. */
export async function podIsOver(
  client: Pick<Client, 'wallet' | 'orders' | 'clock'>,
  pod: Pod,
): Promise<boolean> {
  if (placeOfPodEnd(client, pod) !== 'over') return false
  return (await client.wallet.mintTime(pod.mint)) * 1000 > pod.expiresAt.getTime()
}

/**
 * Tells of one lease after another whether it is over by its mint's time, too. Each mint is asked once; where it does not say within
 * `timeoutMs`, its leases are left for later, and a day after their end they are over by our clock alone.
 */
export function leaseEnds(
  client: Pick<Client, 'wallet' | 'orders' | 'clock'>,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): (order: Ready) => Promise<boolean> {
  const times = new Map<MintUrl, Promise<number | undefined>>()
  return async (order) => {
    if (!seemsOver(client, order)) return false
    const { mint } = order.terms
    const asked = times.get(mint) ?? timeWithin(client.wallet, mint, { timeoutMs, signal })
    times.set(mint, asked)
    const mintNow = await asked
    const end = endOf(client.orders, order)
    if (mintNow !== undefined) return mintNow * 1000 > end
    return placeOfEnd(order.payment, client.clock.now() - SILENT_MS, end) === 'over'
  }
}

async function timeWithin(
  wallet: Client['wallet'],
  mint: MintUrl,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<number | undefined> {
  const answered = new AbortController()
  const late = pause(timeoutMs, AbortSignal.any([signal, answered.signal])).then(() => undefined)
  try {
    return await Promise.race([wallet.mintTime(mint), late])
  } catch (error) {
    if (maySucceedLater(error)) return undefined
    throw error
  } finally {
    answered.abort()
  }
}
