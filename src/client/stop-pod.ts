// How is a pod ended early, so that its unused time comes back?
import { PaygressError } from '../core/errors.ts'
import { newOrderId } from '../core/ids.ts'
import { parseReply } from '../protocol/reply.ts'
import type { StopReply } from '../protocol/stop.ts'
import { getOrder, moveOrder, withClaim } from './order-journal.ts'
import { buildStopRequest } from './build-request.ts'
import { freeRefusal } from './ask-provider.ts'
import { findPod } from './find-pod.ts'
import { interruptible } from './interruptible.ts'
import { endLease } from './order-effects.ts'
import type { Order, OrderIn } from './order.ts'
import type { Client, Pod } from './ports.ts'
import { receiveStopRefund } from './receive-stop-refund.ts'
import { placeOfPodEnd } from './place-of-end.ts'

type Stopper = Pick<Client, 'wallet' | 'orders' | 'messenger' | 'clock' | 'random' | 'progress'>

export interface StopResult {
  pod: Pod
  usedSec: number
  refundedSat: bigint
  feeSat: bigint
}

const TIMEOUT_MS = 60_000

/**
 * Stops a pod and receives what is left. The stop's own order id and refund key are on disk before it is asked; asked again until answered.
 * Throws `unknown_pod`, `pod_ended`, `provider_refused`, and `outcome_unknown` where no answer came or the refund is still on its way.
 */
export async function stopPod(
  client: Stopper,
  podName: string,
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs?: number },
): Promise<StopResult> {
  const pod = findPod(client.orders, podName)
  const work = async (): Promise<StopResult> => {
    const order = await finishStop(client, beginStop(client, pod), { signal, timeoutMs })
    if (order.state !== 'stopped')
      throw notStopped(order, client.orders.pod(pod.npub) ?? pod, client.clock.now())
    const { usedSec, returnedSat, feeSat } = order
    return { pod: client.orders.pod(pod.npub) ?? pod, usedSec, refundedSat: returnedSat, feeSat }
  }
  return interruptible(
    signal,
    () => withClaim(client.orders, pod.orderId, work),
    () => stillStopping(pod),
  )
}

function stillStopping(pod: Pod): PaygressError {
  return new PaygressError(
    'interrupted',
    `interrupted; the stop of ${pod.name} is written down and asked again`,
    {
      hint: `paygress stop ${pod.name}`,
      details: { order_id: pod.orderId, pod_npub: pod.npub },
    },
  )
}

function beginStop(client: Stopper, pod: Pod): Order {
  const { orders, wallet, messenger, random } = client
  const order = getOrder(orders, pod.orderId)
  if (order.state === 'stopping' || order.state === 'stopped') return order
  if (order.state !== 'ready') throw ended(pod)
  const orderId = newOrderId(random)
  wallet.prepareRefundKey()
  orders.transaction((tx) => {
    const refundKey = wallet.newRefundKey(tx)
    const content = buildStopRequest(client, { podNpub: pod.npub, orderId, refundPubkey: refundKey.pubkey })
    const message = messenger.compose(pod.provider, content)
    moveOrder(orders, tx, order, { ...order, state: 'stopping', stop: { orderId, refundKey, message } })
    orders.savePod(tx, { ...pod, state: 'stopping' })
  })
  return getOrder(orders, pod.orderId)
}

/** Asks (again) for a stop that is on disk and receives its refund; comes back `stopped`, `stopping`, or `ready` when refused. */
export async function finishStop(
  client: Stopper,
  start: Order,
  { signal, timeoutMs = TIMEOUT_MS }: { signal: AbortSignal; timeoutMs?: number | undefined },
): Promise<Order> {
  if (start.state !== 'stopping') return start
  let order: Order = start
  if (start.stop.answer === undefined) {
    client.progress.step('asking the provider to stop the pod')
    const { terms, stop } = start
    await client.messenger.ask(stop.message, {
      relays: terms.relays,
      minPow: terms.minPow,
      timeoutMs,
      signal,
      onAnswer: (content) => applyStopAnswer(client, getOrder(client.orders, start.orderId), content),
    })
    order = getOrder(client.orders, start.orderId)
  }
  return receiveStopRefund(client, order, signal)
}

/** True where the answer ends the waiting; throws the provider's refusal after the order went back to `ready`. */
export function applyStopAnswer(
  client: Pick<Client, 'orders' | 'clock'>,
  order: Order,
  content: string,
): boolean {
  if (order.state !== 'stopping' || order.stop.answer !== undefined) return true
  const reply = parseReply('stop', content)
  if (reply === undefined) return false
  const { order_id: named } = reply.message
  if (named !== undefined && named !== order.stop.orderId) return false
  if (reply.outcome === 'error') {
    if (reply.message.payment?.status === 'pending') return false
    // Whether its time is over is for those to say who have read the inbox: a refund may lie there.
    client.orders.transaction((tx) => {
      const note = freeRefusal('the provider', reply.message).message
      const pod = client.orders.pod(order.podNpub)
      const denied = reply.message.error_type === 'pod_not_found' && isFarFromItsEnd(client, pod)
      moveOrder(client.orders, tx, order, { ...order, state: 'ready', note, ...(denied ? { denied } : {}) })
      if (pod !== undefined) client.orders.savePod(tx, { ...pod, state: 'running' })
    })
    return true
  }
  if (reply.message.pod_npub !== order.podNpub) return false
  noteAnswer(client, order, reply.message)
  return true
}

/** Close to its end a pod may be over for its provider and not for us. */
function isFarFromItsEnd(client: Pick<Client, 'orders' | 'clock'>, pod: Pod | undefined): boolean {
  return pod !== undefined && placeOfPodEnd(client, pod) === 'ahead'
}

function noteAnswer({ orders }: Pick<Client, 'orders'>, order: OrderIn<'stopping'>, reply: StopReply): void {
  const tokens = reply.refund_token === undefined ? [] : [reply.refund_token]
  tokens.push(...(reply.further_refund_tokens ?? []))
  const answer = { usedSec: reply.used_seconds, tokens, returnedSat: 0n, feeSat: 0n }
  orders.transaction((tx) => {
    if (tokens.length === 0) endLease(orders, tx, order, answer)
    else moveOrder(orders, tx, order, { ...order, stop: { ...order.stop, answer } })
  })
}

function ended(pod: Pod): PaygressError {
  return new PaygressError('pod_ended', `${pod.name} has ended already`, { hint: 'paygress pods' })
}

function notStopped(order: Order, pod: Pod, nowMs: number): PaygressError {
  const details = { order_id: order.orderId, pod_npub: pod.npub, state: order.state }
  if (order.state === 'ready' && pod.expiresAt.getTime() <= nowMs) return ended(pod)
  if (order.state === 'ready')
    return new PaygressError(
      'provider_refused',
      order.denied === true
        ? `the provider knows no ${pod.name} any more${order.note === undefined ? '' : `: ${order.note}`}`
        : `${order.note ?? 'the provider did not stop it'}; ${pod.name} runs on`,
      {
        hint: `paygress status ${pod.name}`,
        details,
      },
    )
  const isAnswered = order.state === 'stopping' && order.stop.answer !== undefined
  return new PaygressError(
    'outcome_unknown',
    isAnswered
      ? `${pod.name} is stopped; what is left of its payment is kept with its order until its mint takes it in`
      : `the stop of ${pod.name} is not answered yet; it is asked again`,
    {
      hint: 'paygress orders recover',
      details,
    },
  )
}
