// How does a refusal read? Error replies, with the words other clients look for.
import type { OrderId } from '../core/ids.ts'
import type { Msat } from '../core/money.ts'
import type { Spec } from '../core/spec.ts'
import type { ErrorReply, ErrorType } from '../protocol/error-reply.ts'
import type { PaymentState } from '../protocol/payment-state.ts'
import type { OrderType } from './ports.ts'
import type { Refusal } from './stored-fields.ts'

export type { Refusal } from './stored-fields.ts'

/** The content of an error reply. */
export function refusalReply(
  refusal: Refusal,
  orderId: OrderId | undefined,
  payment: PaymentState | undefined,
): string {
  const reply: ErrorReply = {
    error_type: refusal.type,
    message: refusal.message,
    ...(refusal.details === undefined ? {} : { details: refusal.details }),
    ...(orderId === undefined ? {} : { order_id: orderId }),
    ...(payment === undefined ? {} : { payment }),
  }
  return JSON.stringify(reply)
}

export function refusal(type: ErrorType, message: string, details?: string): Refusal {
  return { type, message, ...(details === undefined ? {} : { details }) }
}

const TOKEN_ERRORS: ReadonlySet<ErrorType> = new Set(['invalid_token', 'insufficient_payment'])

/** In a top-up every error of the token is `payment_failed`. */
export function asType(given: Refusal, type: OrderType): Refusal {
  return type === 'topup' && TOKEN_ERRORS.has(given.type) ? { ...given, type: 'payment_failed' } : given
}

export function insufficientPayment(paidMsat: Msat, neededMsat: Msat, seconds: number, spec: Spec): Refusal {
  return refusal(
    'insufficient_payment',
    `Insufficient payment: ${paidMsat} msats`,
    `Minimum required: ${neededMsat} msats for ${seconds} seconds with ${spec.name} spec (rate: ${spec.rateMsatPerSec} msats/sec)`,
  )
}

export function noSuchSpec(id: string): Refusal {
  return refusal('invalid_spec', `No pod specification found for ID '${id}'`)
}

export function noSuchPod(pod: string): Refusal {
  const called = pod.startsWith('npub1') ? `Pod with NPUB '${pod}'` : `Pod '${pod}'`
  return refusal('pod_not_found', 'Pod not found or expired', `${called} not found or already expired`)
}

/** Of a lease that stands in the ledger and cannot be read. */
export function unreadablePod(): Refusal {
  return refusal('resource_unavailable', 'The provider cannot read its books of this pod now')
}

export function tooMany(): Refusal {
  return refusal('rate_limited', 'Too many requests; try again in a minute')
}

export const UNREADABLE_MESSAGE = 'Failed to parse private message content'
