// What does every command that opens the wallet bring in order by itself, and say in one line each?
import type { Recoverer } from './recover-order.ts'
import { type OrdersRecovery, recoverOrders } from './recover-orders.ts'

/** The quick part of `orders recover`; each order that came further is one note. */
export async function quickRecovery(client: Recoverer, signal: AbortSignal): Promise<OrdersRecovery> {
  const recovery = await recoverOrders(client, { mode: 'quick', signal })
  for (const { text } of recovery.recovered) client.progress.note(`recovered: ${text}`)
  const others = recovery.endedOperations - recovery.recovered.length
  if (others > 0) client.progress.note(`recovered: ${others} payment${others === 1 ? '' : 's'} of the wallet`)
  return recovery
}
