// What does the provider get to read? The content of a spawn, top-up or stop request (wire format: protocol/README.md).
import type { OrderId } from '../core/ids.ts'
import type { PodNpub } from '../core/npub.ts'
import { refundEvidence } from '../protocol/request-identity.ts'
import type { Order, OrderIn } from './order.ts'
import type { Client } from './ports.ts'

type Writer = Pick<Client, 'wallet' | 'messenger'>

/** JSON of the request that pays with a locked order. */
export function buildPaidRequest(client: Writer, order: OrderIn<'locked'>): string {
  const { payment, terms } = order
  const payFields = {
    cashu_token: payment.token,
    order_id: order.orderId,
    refund_pubkey: order.refundKey.pubkey,
    refund_signature: payment.locktime === undefined ? undefined : evidence(client, order),
    respond_before: payment.respondBefore,
    reply_relays: client.messenger.replyRelays(),
  }
  if (terms.podNpub !== undefined) return JSON.stringify({ pod_npub: terms.podNpub, ...payFields })
  return JSON.stringify({
    pod_spec_id: terms.specId,
    pod_image: terms.image,
    ssh_username: terms.user,
    ssh_password: terms.password,
    ssh_public_key: terms.sshPublicKey,
    quote_id: terms.quoteId,
    ...payFields,
  })
}

/** Proves to the provider that the refund key of the lock is ours, so that it may release the payment to us. */
function evidence(client: Writer, order: Order): string {
  const message = refundEvidence(order.terms.provider, client.messenger.publicKey, order.orderId)
  return client.wallet.signWithRefundKey(order.refundKey.index, message)
}

/** JSON of the request that ends a pod; the refund is locked to `refundPubkey`. */
export function buildStopRequest(
  client: Pick<Client, 'messenger'>,
  stop: { podNpub: PodNpub; orderId: OrderId; refundPubkey: string },
): string {
  return JSON.stringify({
    request: 'stop',
    pod_npub: stop.podNpub,
    order_id: stop.orderId,
    refund_pubkey: stop.refundPubkey,
    reply_relays: client.messenger.replyRelays(),
  })
}
