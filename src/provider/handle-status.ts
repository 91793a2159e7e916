// How is this machine? For its buyer alone.
import * as z from 'zod'
import { secondsLeft } from '../core/lease.ts'
import type { PublicKeyHex } from '../core/npub.ts'
import { type PaymentState, paymentStateSchema } from '../protocol/payment-state.ts'
import { parseJsonObject } from '../protocol/request.ts'
import type { StatusReply, StatusRequest } from '../protocol/status.ts'
import { isoTime } from './access-reply.ts'
import { readableLease } from './lease.ts'
import type { ProviderContext } from './provider-context.ts'
import { noSuchPod, refusal, refusalReply, unreadablePod } from './refusal-reply.ts'

/** The content of the reply; answered anew each time. */
export function handleStatus(
  context: Pick<ProviderContext, 'ledger' | 'clock' | 'log'>,
  sender: PublicKeyHex,
  request: StatusRequest,
): string {
  const pod = request.pod_npub ?? request.pod_id ?? ''
  const row = context.ledger.leaseOfPod(pod)
  if (row === undefined) return refusalReply(noSuchPod(pod), undefined, undefined)
  if (row.owner !== sender)
    return refusalReply(refusal('not_allowed', 'Only its buyer may see a pod'), undefined, undefined)
  const lease = readableLease(context.log, row)
  if (lease === undefined) return refusalReply(unreadablePod(), undefined, undefined)
  const order = context.ledger.order(lease.orderKey)
  const payment = paymentIn(order?.reply)
  const runs = lease.state === 'running'
  const reply: StatusReply = {
    pod_npub: lease.podNpub,
    state: lease.state,
    expires_at: isoTime(lease.paidUntil),
    seconds_left: runs ? secondsLeft(lease.paidUntil, context.clock.now()) : 0,
    pod_spec_name: lease.spec.name,
    ssh_host: lease.host,
    node_port: lease.port,
    ...(order === undefined ? {} : { order_id: order.orderId }),
    ...(payment === undefined ? {} : { payment }),
  }
  return JSON.stringify(reply)
}

const withPayment = z.object({ payment: paymentStateSchema })

/** The money's whereabouts in a stored reply: what is news also stands here. */
function paymentIn(reply: string | undefined): PaymentState | undefined {
  const parsed = withPayment.safeParse(reply === undefined ? undefined : parseJsonObject(reply))
  return parsed.success ? parsed.data.payment : undefined
}
