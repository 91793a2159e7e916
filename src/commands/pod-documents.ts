// How does a pod look to a script? The documents of buy, pods and status share these parts.
import type { Order } from '../client/order.ts'
import type { PodView } from '../client/pod-status.ts'
import type { Pod } from '../client/ports.ts'
import { toSafeNumber } from '../core/money.ts'
import { encodeProviderNpub } from '../core/npub.ts'
import type { Json } from '../terminal/answer.ts'

/** `ssh` of a document: address, user, host key and the command that logs in. */
export function sshDocument(pod: Pod): Json {
  return {
    host: pod.host,
    port: pod.port,
    username: pod.user,
    command: `paygress ssh ${pod.alias ?? pod.name}`,
    host_key: pod.hostKey ?? null,
    onion: pod.onion ?? null,
  }
}

/** One row of `pods`, and the whole of `status`. */
export function podDocument({ pod, secondsLeft }: PodView) {
  return {
    pod_npub: pod.npub,
    name: pod.name,
    alias: pod.alias ?? null,
    provider_npub: encodeProviderNpub(pod.provider),
    spec_id: pod.specId,
    state: pod.state,
    expires_at: pod.expiresAt.toISOString(),
    seconds_left: secondsLeft,
    order_id: pod.orderId,
    ssh: sshDocument(pod),
  }
}

/** `paid` of a document: what left the wallet for the provider, and what the mint kept of it. */
export function paidDocument(order: Order) {
  const payment = 'payment' in order ? order.payment : undefined
  return {
    amount_sat: toSafeNumber(payment?.amountSat ?? 0n),
    fee_sat: toSafeNumber(payment?.feeSat ?? 0n),
    mint: order.terms.mint,
  }
}
