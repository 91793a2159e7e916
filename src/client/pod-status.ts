// How is this pod, by its provider's word?
import { secondsLeft } from '../core/lease.ts'
import { threeWordName } from '../core/three-word-name.ts'
import type { StatusReply } from '../protocol/status.ts'
import { askProvider, type FreeQuestion } from './ask-provider.ts'
import { findPod } from './find-pod.ts'
import { interruptible } from './interruptible.ts'
import { takeLostLease } from './lost-lease.ts'
import { getOrder, withClaim } from './order-journal.ts'
import { placeOfPodEnd } from './place-of-end.ts'
import type { Client, Pod, PodState } from './ports.ts'

export interface PodView {
  pod: Pod
  secondsLeft: number
}

type Asker = Pick<Client, 'wallet' | 'orders' | 'messenger' | 'clock' | 'progress'>

/** Asks the provider and keeps what changed; receives the refund of a lost lease. Throws `unknown_pod`, `provider_silent`, `provider_refused`. */
export async function podStatus(
  client: Asker,
  name: string,
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs?: number },
): Promise<PodView> {
  const pod = findPod(client.orders, name)
  const { terms } = getOrder(client.orders, pod.orderId)
  client.progress.step('asking the provider')
  const question: FreeQuestion<'status'> = {
    type: 'status',
    provider: pod.provider,
    providerName: terms.providerName === '' ? threeWordName(pod.provider) : terms.providerName,
    relays: pod.relays,
    minPow: terms.minPow,
    content: JSON.stringify({
      request: 'status',
      pod_npub: pod.npub,
      reply_relays: client.messenger.replyRelays(),
    }),
    timeoutMs,
    signal,
  }
  const reply = await interruptible(signal, () => askProvider(client, question))
  if (reply.pod_npub === pod.npub) await keep(client, pod, reply, signal)
  const known = client.orders.pod(pod.npub) ?? pod
  // The provider knows better than any clock.
  const runs = known.state === 'running' && (reply.state === 'running' || reply.state === 'starting')
  return runs && reply.pod_npub === pod.npub
    ? { pod: known, secondsLeft: reply.seconds_left }
    : viewOf(client, known)
}

/** Your pods with the time left, the newest last; ended ones only with `all`. Asks nobody. */
export function listPods(
  client: Pick<Client, 'orders' | 'clock'>,
  { all = false }: { all?: boolean } = {},
): PodView[] {
  return client.orders
    .pods()
    .map((pod) => viewOf(client, pod))
    .filter(({ pod: { state } }) => all || !isGone(state))
}

/** A pod whose time is over is shown as expired; recovery alone writes that down, after the inbox was read for a refund. */
function viewOf(client: Pick<Client, 'orders' | 'clock'>, pod: Pod): PodView {
  const left = isGone(pod.state) ? 0 : secondsLeft(pod.expiresAt.getTime(), client.clock.now())
  const isOver = pod.state === 'running' && placeOfPodEnd(client, pod) === 'over'
  const shown = isOver ? { ...pod, state: 'expired' as const } : pod
  return { pod: shown, secondsLeft: left }
}

function isGone(state: PodState): boolean {
  return state === 'stopped' || state === 'expired' || state === 'lost'
}

async function keep(client: Asker, pod: Pod, reply: StatusReply, signal: AbortSignal): Promise<void> {
  const { orders } = client
  const { payment } = reply
  if (payment?.status === 'refunded') {
    await withClaim(orders, pod.orderId, async () => {
      const order = getOrder(orders, pod.orderId)
      if (order.state === 'ready') await takeLostLease(client, order, payment, signal)
    })
    return
  }
  // That a lease has ended is written by recovery, after the inbox was read for a refund.
  if (isGone(pod.state) || reply.state === 'expired' || reply.state === 'stopped') return
  orders.transaction((tx) =>
    orders.savePod(tx, {
      ...pod,
      host: reply.ssh_host ?? pod.host,
      port: reply.node_port ?? pod.port,
      expiresAt: new Date(reply.expires_at),
    }),
  )
}
