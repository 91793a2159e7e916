// What would it cost, and would it be served? The free quote.
import * as z from 'zod'
import {
  amountField,
  lockKeyField,
  mintField,
  podNpubField,
  quoteIdField,
  relaysField,
  secondsField,
  specIdField,
  text,
  tokenField,
  unixTimeField,
} from './fields.ts'

export const quoteRequestSchema = z.object({
  request: z.literal('quote'),
  pod_spec_id: specIdField.optional(),
  duration_seconds: secondsField.min(1),
  mint: mintField,
  pod_image: text(512).optional(),
  /** Set for the quote of a top-up. */
  pod_npub: podNpubField.optional(),
  reply_relays: relaysField.optional(),
})

/** `amount_sat` is what the provider must net; the payer adds the fee of the provider's swap (`fee_ppk` per proof). */
export const quoteReplySchema = z.object({
  quote_id: quoteIdField,
  available: z.boolean(),
  amount_sat: amountField,
  fee_ppk: amountField,
  mint: mintField,
  payment: z.object({ pubkey: lockKeyField, minimum_lock_seconds: secondsField.max(3_600) }).optional(),
  payment_request: tokenField.optional(),
  valid_until: unixTimeField,
})

export type QuoteRequest = z.infer<typeof quoteRequestSchema>
export type QuoteReply = z.infer<typeof quoteReplySchema>
