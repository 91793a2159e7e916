// Where is the money of this order, in a person's words?
import type { Order } from './order.ts'
import type { Payment } from './order-terms.ts'

export function satText(sat: bigint): string {
  return `${sat} sat`
}

/** `2026-11-21 14:05 UTC`; `ms` since the epoch. */
function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** What a provider wrote, as one line without control characters. */
export function plainText(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, 300)
}

/** When the lock ends by our own clock, in ms; undefined for a plain token. */
export function lockEndsMs(payment: Payment): number | undefined {
  return payment.locktime === undefined ? undefined : (payment.locktime - payment.mintAheadSec) * 1000
}

/** One sentence without a full stop. */
export function whereTheMoneyIs(order: Order): string {
  const kept = 'unreceived' in order ? (order.unreceived?.length ?? 0) : 0
  if (kept === 0) return placeOf(order)
  const tokens = kept === 1 ? 'a token' : `${kept} tokens`
  return `${placeOf(order)}; ${tokens} of the provider could not be taken in yet: paygress orders recover tries again`
}

function placeOf(order: Order): string {
  switch (order.state) {
    case 'drafted':
      return order.payOperation === undefined
        ? 'nothing was paid'
        : `the mint has not said whether ${satText(order.terms.netSat)} and their fee were set aside; nothing was sent to the provider`
    case 'locked':
      if (order.spentElsewhere === true) return spentElsewhere(order.payment)
      return `${satText(order.payment.amountSat)} are set aside for it and nothing was sent${untilLock(order.payment)}`
    case 'sent':
    case 'silent':
      return `${satText(order.payment.amountSat)} are on their way to the provider, outcome unknown${untilLock(order.payment)}`
    case 'refused':
      return order.payment.locktime === undefined
        ? `${satText(order.payment.amountSat)} are being taken back`
        : `${satText(order.payment.amountSat)} are yours again${untilLock(order.payment)}`
    case 'reclaiming':
      return `${satText(order.payment.amountSat)} are being taken back at the mint`
    case 'reclaimed':
      if (order.payment !== undefined && takenSat(order.payment, order) > 0n)
        return `${satText(order.returnedSat)} are back in your wallet; the provider took ${satText(takenSat(order.payment, order))} of it and never answered`
      return order.payment === undefined
        ? 'nothing was paid'
        : `${satText(order.returnedSat)} are back in your wallet (fees ${satText(feesOf(order.payment, order.returnedSat))})`
    case 'refunded':
      return order.returnedSat === 0n
        ? `the provider kept the payment of ${satText(order.payment.amountSat)}: ${keptReason(order)}`
        : `${satText(order.returnedSat)} were refunded to your wallet`
    case 'ready':
    case 'stopping':
    case 'expired':
      return `${satText(order.payment.amountSat)} were paid`
    case 'stopped':
      return `${satText(order.returnedSat)} of ${satText(order.payment.amountSat)} came back`
    case 'broken':
      if (order.message === undefined) return spentElsewhere(order.payment)
      return `the provider took ${satText(order.payment.amountSat)} and never answered`
  }
}

function spentElsewhere(payment: Payment): string {
  return `${satText(payment.amountSat)} that were set aside for it are spent by the word of the mint, and no provider has taken them by what this home knows: another copy of this home spent them, or the mint errs`
}

function untilLock(payment: Payment): string {
  const end = lockEndsMs(payment)
  return end === undefined ? '' : `; the lock ends ${timeText(end)}`
}

/** What somebody else had spent before the rest came back. */
export function takenSat(payment: Payment, back: { returnedSat: bigint; feeSat: bigint }): bigint {
  return payment.amountSat - back.returnedSat - back.feeSat
}

function feesOf(payment: Payment, returnedSat: bigint): bigint {
  return payment.amountSat + payment.feeSat - returnedSat
}

function keptReason(order: Order & { state: 'refunded' }): string {
  if (order.refusal?.payment.status === 'kept') return plainText(order.refusal.payment.reason)
  return order.note ?? 'its refund could not be received'
}
