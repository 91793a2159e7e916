// What does an answer make of an order? Rubbish, another order's answer and a second answer make nothing of it.
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { threeWordName } from '../core/three-word-name.ts'
import { decodeNpub, type PodNpub } from '../core/npub.ts'
import { parseReply } from '../protocol/reply.ts'
import type { ErrorReply } from '../protocol/error-reply.ts'
import type { AccessReply } from '../protocol/spawn.ts'
import type { TopupReply } from '../protocol/topup.ts'
import type { Transaction } from '../wallet/transaction.ts'
import { getOrder, moveOrder } from './order-journal.ts'
import type { Order, OrderIn } from './order.ts'
import type { Client, OrderStore, Pod } from './ports.ts'
import { mostSecondsUntilEnd } from './place-of-end.ts'

/** Sent, and not served. */
type Waiting = OrderIn<'sent' | 'silent' | 'broken'> & Pick<OrderIn<'sent'>, 'message'>

const DEFAULT_USER = 'paygress'
/** A provider that finds a new refusal each time is not listened to for ever. */
const MOST_REFUSALS = 20

/** The order after an answer of its provider was written down; the same order where the answer is none of its own. */
export function applyAnswer(
  client: Pick<Client, 'wallet' | 'orders' | 'clock'>,
  order: Waiting,
  content: string,
): Order {
  const { orders } = client
  if (order.kind === 'buy') {
    const reply = parseReply('spawn', content)
    if (reply === undefined || isForeign(order, reply.message.order_id)) return order
    if (reply.outcome === 'error') return refuse(orders, order, reply.message, content)
    return applyAccess(client, order, reply.message)
  }
  const reply = parseReply('topup', content)
  if (reply === undefined || isForeign(order, reply.message.order_id)) return order
  if (reply.outcome === 'error') return refuse(orders, order, reply.message, content)
  return applyExtension(client, order, reply.message)
}

function isForeign(order: Order, named: string | undefined): boolean {
  return named !== undefined && named !== order.orderId
}

function refuse(orders: OrderStore, order: Waiting, message: ErrorReply, content: string): Order {
  const hash = bytesToHex(sha256(utf8ToBytes(content)))
  const heard = order.heard ?? []
  if (heard.includes(hash) || heard.length >= MOST_REFUSALS) return order
  const payment = message.payment ?? { status: 'untouched' as const }
  if (payment.status === 'pending') {
    // Not yet news of a payment that it has taken.
    if (order.state === 'broken') return order
    return write(orders, order, (tx) => moveOrder(orders, tx, order, { ...order, state: 'silent' }))
  }
  const details = message.details === undefined ? '' : ` (${message.details.slice(0, 300)})`
  const refusal = { errorType: message.error_type, message: `${message.message}${details}`, payment }
  return write(orders, order, (tx) =>
    moveOrder(orders, tx, order, { ...order, state: 'refused', refusal, heard: [...heard, hash] }),
  )
}

function applyAccess(
  { wallet, orders, clock }: Pick<Client, 'wallet' | 'orders' | 'clock'>,
  order: Waiting,
  reply: AccessReply,
): Order {
  const known = orders.pod(reply.pod_npub)
  // A provider that hands out somebody else's pod has not delivered one.
  if (known !== undefined && known.orderId !== order.orderId) return order
  const pod = podOf(order, reply, new Date(clock.now()))
  return write(orders, order, (tx) => {
    moveOrder(orders, tx, order, {
      ...order,
      state: 'ready',
      podNpub: pod.npub,
      expiresAt: pod.expiresAt.toISOString(),
      grantedSec: secondsGiven(order, reply),
    })
    orders.savePod(tx, pod)
    wallet.settlePayment(tx, order.orderId)
  })
}

/** What it says it gives, or the time until the end that it names: whichever is less. Older providers name the end alone. */
function secondsGiven(order: Waiting, reply: AccessReply): number {
  const untilEnd = mostSecondsUntilEnd(order.payment, order.createdAt.getTime(), Date.parse(reply.expires_at))
  return Math.max(0, Math.floor(Math.min(reply.duration_seconds ?? order.terms.durationSec, untilEnd)))
}

function applyExtension(
  { wallet, orders }: Pick<Client, 'wallet' | 'orders'>,
  order: Waiting,
  reply: TopupReply,
): Order {
  if (reply.pod_npub !== order.terms.podNpub) return order
  const expiresAt = new Date(reply.new_expires_at)
  return write(orders, order, (tx) => {
    moveOrder(orders, tx, order, {
      ...order,
      state: 'ready',
      podNpub: reply.pod_npub,
      expiresAt: expiresAt.toISOString(),
      grantedSec: reply.extended_duration_seconds,
    })
    const pod = orders.pod(reply.pod_npub)
    // Top-ups may overtake each other: the end never goes back.
    if (pod !== undefined && pod.expiresAt < expiresAt) orders.savePod(tx, { ...pod, expiresAt })
    wallet.settlePayment(tx, order.orderId)
  })
}

function write(orders: OrderStore, order: Order, work: (tx: Transaction) => void): Order {
  orders.transaction(work)
  return getOrder(orders, order.orderId)
}

function podOf(order: Waiting, reply: AccessReply, now: Date): Pod {
  const { terms } = order
  const line = addressIn(reply.instructions)
  return {
    npub: reply.pod_npub,
    provider: terms.provider,
    orderId: order.orderId,
    name: podName(reply.pod_npub),
    alias: terms.alias,
    specId: terms.specId,
    state: 'running',
    host: reply.ssh_host ?? line?.host ?? '',
    port: reply.node_port,
    user: reply.ssh_username ?? line?.user ?? terms.user ?? DEFAULT_USER,
    password: reply.ssh_password ?? terms.password,
    keyPath: terms.keyPath,
    hostKey: reply.ssh_host_key,
    onion: reply.onion_address,
    rateMsatPerSec: terms.rateMsatPerSec,
    mint: terms.mint,
    relays: terms.relays,
    expiresAt: new Date(reply.expires_at),
    createdAt: now,
  }
}

/** The three words of a pod's npub. */
export function podName(npub: PodNpub): string {
  const key = decodeNpub(npub)
  return key === undefined ? npub : threeWordName(key)
}

/** Older providers say the address only in their instructions: `ssh … user@host …`. */
function addressIn(instructions: readonly string[]): { user: string; host: string } | undefined {
  for (const line of instructions) {
    const [, user, host] = /\bssh\b.*?\s([A-Za-z0-9._-]+)@([A-Za-z0-9.:[\]-]+)/.exec(line) ?? []
    if (user !== undefined && host !== undefined) return { user, host }
  }
  return undefined
}
