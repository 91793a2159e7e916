// Where is the money after a refusal? The `payment` object of error replies.
import * as z from 'zod'
import { amountField, signatureField, tokenField, text } from './fields.ts'

const MAX_PROOFS = 64

/**
 * `untouched`: nothing captured, no signature given; a lock ends by itself.
 * `released`: the provider's signatures over every proof, in the token's order; the buyer can respend at once.
 * `pending`: the outcome at the mint is not known yet; news follows.
 * `refunded`: a new token. `kept`: only below the dust rule, with the reason.
 */
export const paymentStateSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('untouched') }),
  z.object({ status: z.literal('released'), signatures: z.array(signatureField).min(1).max(MAX_PROOFS) }),
  z.object({ status: z.literal('pending') }),
  z.object({
    status: z.literal('refunded'),
    refund_token: tokenField,
    /** Of all tokens together. */
    amount_msat: amountField,
    /** Where the money lay at several mints: one token for each further mint. */
    further_refund_tokens: z.array(tokenField).max(16).optional(),
  }),
  z.object({ status: z.literal('kept'), reason: text(500) }),
])

export type PaymentState = z.infer<typeof paymentStateSchema>
