// How is more time bought? The top-up request and its confirmation.
import * as z from 'zod'
import {
  isoTimeField,
  lockKeyField,
  orderIdField,
  podNameField,
  podNpubField,
  relaysField,
  secondsField,
  signatureField,
  text,
  tokenField,
  unixTimeField,
} from './fields.ts'

/** Anyone may pay for a pod; `pod_npub` or the older `pod_name` says which. */
export const topupRequestSchema = z
  .object({
    pod_npub: podNpubField.optional(),
    pod_name: podNameField.optional(),
    cashu_token: tokenField,
    order_id: orderIdField.optional(),
    refund_pubkey: lockKeyField.optional(),
    refund_signature: signatureField.optional(),
    respond_before: unixTimeField.optional(),
    reply_relays: relaysField.optional(),
  })
  .refine(
    (request) => request.pod_npub !== undefined || request.pod_name !== undefined,
    'needs pod_npub or pod_name',
  )

export const topupReplySchema = z.object({
  success: z.literal(true),
  pod_npub: podNpubField,
  extended_duration_seconds: secondsField,
  new_expires_at: isoTimeField,
  message: text(2_000),
  order_id: orderIdField.optional(),
})

export type TopupRequest = z.infer<typeof topupRequestSchema>
export type TopupReply = z.infer<typeof topupReplySchema>
