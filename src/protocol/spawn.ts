// How is a machine bought? The spawn request and the access details that answer it.
import * as z from 'zod'
import {
  amountField,
  isoTimeField,
  lockKeyField,
  onionField,
  orderIdField,
  podNameField,
  podNpubField,
  quoteIdField,
  relaysField,
  secondsField,
  signatureField,
  specIdField,
  text,
  tokenField,
  unixTimeField,
} from './fields.ts'

/** Only `cashu_token` is needed; the first five fields are all that older clients know. */
export const spawnRequestSchema = z.object({
  cashu_token: tokenField,
  pod_spec_id: specIdField.optional(),
  pod_image: text(512).optional(),
  ssh_username: text(256).optional(),
  ssh_password: text(1_024).optional(),
  /** Older dialects: the wished time; less payment than it costs is refused, more buys more time. */
  duration_minutes: z.int().min(1).max(5_256_000).optional(),
  order_id: orderIdField.optional(),
  quote_id: quoteIdField.optional(),
  ssh_public_key: text(1_024).optional(),
  refund_pubkey: lockKeyField.optional(),
  refund_signature: signatureField.optional(),
  respond_before: unixTimeField.optional(),
  reply_relays: relaysField.optional(),
})

/** The first eight fields are what older providers send. */
export const accessReplySchema = z.object({
  pod_npub: podNpubField,
  node_port: z.int().min(1).max(65_535),
  expires_at: isoTimeField,
  cpu_millicores: z.int().min(1),
  memory_mb: z.int().min(1),
  pod_spec_name: text(200),
  pod_spec_description: text(2_000),
  instructions: z.array(text(2_000)).max(100),
  order_id: orderIdField.optional(),
  ssh_host: text(253).optional(),
  ssh_username: text(256).optional(),
  ssh_password: text(1_024).optional(),
  ssh_host_key: text(1_024).optional(),
  onion_address: onionField.optional(),
  duration_seconds: secondsField.optional(),
  credited_msat: amountField.optional(),
  pod_name: podNameField.optional(),
})

export type SpawnRequest = z.infer<typeof spawnRequestSchema>
export type AccessReply = z.infer<typeof accessReplySchema>
