// Which providers have broken their word towards this wallet? Read from its own orders: only what they prove, never an honest refusal.
import { formatDuration } from '../core/duration.ts'
import type { OrderId } from '../core/ids.ts'
import { msatToSatFloor } from '../core/money.ts'
import type { PublicKeyHex } from '../core/npub.ts'
import { costMsat, costSat } from '../core/pricing.ts'
import { satText, takenSat } from './money-text.ts'
import { allOrders } from './order-journal.ts'
import { grantedSec, type Order, type OrderIn } from './order.ts'
import type { OrderTerms, Payment } from './order-terms.ts'
import type { OrderStore } from './ports.ts'

export interface BrokenWord {
  orderId: OrderId
  /** What it did, as the end of a sentence that begins with its name. */
  deed: string
}

/** By provider, the oldest deed first; who kept every promise is not in it. */
export type BrokenWords = ReadonlyMap<PublicKeyHex, readonly BrokenWord[]>

/** Deeds that the orders of this home prove. Throws `storage_failed` where one of them cannot be read. */
export function brokenWords(orders: OrderStore): BrokenWords {
  const words = new Map<PublicKeyHex, BrokenWord[]>()
  for (const order of allOrders(orders)) {
    const deed = deedOf(order)
    if (deed === undefined) continue
    const { provider } = order.terms
    words.set(provider, [...(words.get(provider) ?? []), { orderId: order.orderId, deed }])
  }
  return words
}

/** The last deed of a provider in a few words, with the order that proves it; undefined where there is none. */
export function lastDeed(words: BrokenWords, provider: PublicKeyHex): string | undefined {
  const last = words.get(provider)?.at(-1)
  return last === undefined ? undefined : `${last.deed} (order ${last.orderId})`
}

type Running = OrderIn<'ready' | 'stopping' | 'stopped' | 'expired'>

function deedOf(order: Order): string | undefined {
  switch (order.state) {
    case 'broken':
      // Never sent from here: nothing is proved.
      if (order.message === undefined) return undefined
      return `took ${satText(order.payment.amountSat)} and never answered`
    case 'reclaimed':
      return partTaken(order) ?? order.refusal?.untrue
    case 'refunded':
      return order.refusal === undefined ? undefined : shortRefund(order)
    case 'refused':
    case 'reclaiming':
      return order.refusal?.untrue
    case 'stopped':
      return lessTime(order) ?? shortReturn(order)
    case 'ready':
    case 'stopping':
    case 'expired':
      return lessTime(order) ?? (order.denied === true ? 'knew nothing of a pod that it had sold' : undefined)
    case 'drafted':
    case 'locked':
    case 'sent':
    case 'silent':
      return undefined
  }
}

function partTaken({ payment, ...back }: OrderIn<'reclaimed'>): string | undefined {
  const taken = payment === undefined ? 0n : takenSat(payment, back)
  return taken > 0n ? `took ${satText(taken)} and never answered` : undefined
}

function shortRefund({ terms, payment, ...back }: OrderIn<'refunded'>): string | undefined {
  const { returnedSat, feeSat } = back
  if (mayStillComeIn(back)) return undefined
  if (returnedSat + feeSat + unexplained(terms, payment) >= terms.netSat) return undefined
  return `refused, and gave ${satText(returnedSat)} of ${satText(payment.amountSat)} back`
}

function lessTime(order: Running): string | undefined {
  const { terms, payment } = order
  const [granted, asked] = [grantedSec(order), terms.durationSec]
  const missing = costSat(Math.max(0, asked - granted), terms.rateMsatPerSec)
  if (missing <= unexplained(terms, payment)) return undefined
  return `gave ${formatDuration(granted)} for the price of ${formatDuration(asked)}`
}

/** Top-ups only make more of what is unused: this is the least that a stop brings back. */
function shortReturn(order: OrderIn<'stopped'>): string | undefined {
  const { terms, payment, usedSec, returnedSat, feeSat } = order
  if (mayStillComeIn(order)) return undefined
  const unusedSec = Math.max(0, Math.min(terms.durationSec, grantedSec(order)) - usedSec)
  const due = msatToSatFloor(costMsat(unusedSec, terms.rateMsatPerSec))
  if (returnedSat + feeSat + unexplained(terms, payment) >= due) return undefined
  return `gave ${satText(returnedSat)} back for ${formatDuration(unusedSec)} that were not used`
}

/** A token that its mint has not taken in yet proves nothing against who sent it. */
function mayStillComeIn({ unreceived }: { unreceived?: string[] | undefined }): boolean {
  return unreceived !== undefined && unreceived.length > 0
}

/** What the fees of a capture, of a refund and of its receiving can come to, with the rounding of each. */
function unexplained(terms: OrderTerms, payment: Payment): bigint {
  return 3n * (payment.amountSat - terms.netSat + 1n)
}
