// Has the provider moved the end of a machine, unasked, because it was down?
import { parseReply } from '../protocol/reply.ts'
import type { OrderIn } from './order.ts'
import type { Client } from './ports.ts'

/** Keeps the end in an unasked answer to a purchase where it is later than the one known; answers come in any order. */
export function keepLaterEnd(
  { orders }: Pick<Client, 'orders'>,
  order: OrderIn<'ready'>,
  content: string,
): void {
  const reply = parseReply('spawn', content)
  if (reply?.outcome !== 'done' || reply.message.pod_npub !== order.podNpub) return
  const expiresAt = new Date(reply.message.expires_at)
  const pod = orders.pod(order.podNpub)
  if (pod === undefined || pod.expiresAt >= expiresAt) return
  orders.transaction((tx) => orders.savePod(tx, { ...pod, expiresAt }))
}
