// How is my pod? Only its buyer may ask.
import * as z from 'zod'
import { LEASE_STATES } from '../core/lease.ts'
import { isoTimeField, orderIdField, podNpubField, relaysField, secondsField, text } from './fields.ts'
import { paymentStateSchema } from './payment-state.ts'

/** `pod_id` is the newer Rust client's name for the same thing. */
export const statusRequestSchema = z
  .object({
    request: z.literal('status').default('status'),
    pod_npub: podNpubField.optional(),
    pod_id: text(128).min(1).optional(),
    reply_relays: relaysField.optional(),
  })
  .refine((request) => request.pod_npub !== undefined || request.pod_id !== undefined, 'needs pod_npub')

export const statusReplySchema = z.object({
  pod_npub: podNpubField,
  state: z.enum(LEASE_STATES),
  expires_at: isoTimeField,
  seconds_left: secondsField,
  pod_spec_name: text(200),
  ssh_host: text(253).optional(),
  node_port: z.int().min(1).max(65_535).optional(),
  order_id: orderIdField.optional(),
  payment: paymentStateSchema.optional(),
})

export type StatusRequest = z.infer<typeof statusRequestSchema>
export type StatusReply = z.infer<typeof statusReplySchema>
