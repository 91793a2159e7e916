// What does a provider answer when it cannot do what was asked?
import * as z from 'zod'
import { orderIdField, text } from './fields.ts'
import { paymentStateSchema } from './payment-state.ts'

export const ERROR_TYPES = [
  'invalid_spec',
  'invalid_token',
  'insufficient_payment',
  'resource_unavailable',
  'pod_creation_failed',
  'pod_not_found',
  'payment_failed',
  'internal_error',
  'invalid_request',
  'image_not_allowed',
  'not_allowed',
  'rate_limited',
  'expired_request',
] as const

export type ErrorType = (typeof ERROR_TYPES)[number]

/** `error_type` of a newer provider that we do not know reads as `internal_error`. */
export const errorReplySchema = z.object({
  error_type: z.enum(ERROR_TYPES).catch('internal_error'),
  message: text(2_000),
  details: text(70_000).optional(),
  order_id: orderIdField.optional(),
  payment: paymentStateSchema.optional(),
})

export type ErrorReply = z.infer<typeof errorReplySchema>
