// How is a pod ended early, and its unused time returned?
import * as z from 'zod'
import {
  amountField,
  lockKeyField,
  orderIdField,
  podNpubField,
  relaysField,
  secondsField,
  tokenField,
} from './fields.ts'

/** Every stop has its own fresh `order_id`. */
export const stopRequestSchema = z.object({
  request: z.literal('stop'),
  pod_npub: podNpubField,
  order_id: orderIdField,
  refund_pubkey: lockKeyField.optional(),
  reply_relays: relaysField.optional(),
})

/** Without `refund_token` the rest was below the dust rule (`refunded_msat` is 0 then). */
export const stopReplySchema = z.object({
  pod_npub: podNpubField,
  state: z.literal('stopped'),
  used_seconds: secondsField,
  refunded_msat: amountField,
  refund_token: tokenField.optional(),
  /** Where the money lay at several mints: one token for each further mint; `refunded_msat` counts all. */
  further_refund_tokens: z.array(tokenField).max(16).optional(),
  order_id: orderIdField.optional(),
})

export type StopRequest = z.infer<typeof stopRequestSchema>
export type StopReply = z.infer<typeof stopReplySchema>
