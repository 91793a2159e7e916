// What was agreed of an order, and how is it paid?
import * as z from 'zod'
import { normaliseMintUrl, type MintUrl } from '../core/mint-url.ts'
import { isPublicKeyHex } from '../core/npub.ts'
import { normaliseRelayUrl, type RelayUrl } from '../core/relay-url.ts'
import { podNpubField, specIdField } from '../protocol/fields.ts'

/** Sats: a bigint inside, decimal digits in JSON. */
export const sat = z.codec(z.string().regex(/^\d{1,16}$/), z.bigint(), { decode: BigInt, encode: String })
export const key = z.string().refine(isPublicKeyHex)
const mint = z.string().refine((url): url is MintUrl => normaliseMintUrl(url) === url)
const relay = z.string().refine((url): url is RelayUrl => normaliseRelayUrl(url) === url)

/** What was agreed before anything was paid; never changes. */
export const termsSchema = z.object({
  provider: key,
  providerName: z.string(),
  specId: specIdField,
  mint,
  /** What the provider nets. */
  netSat: sat,
  rateMsatPerSec: z.int(),
  durationSec: z.int(),
  /** How the payment is locked; absent: a plain token. */
  lock: z.object({ pubkey: z.string(), minimumLockSec: z.int() }).optional(),
  quoteId: z.string().optional(),
  relays: z.array(relay),
  minPow: z.int(),
  /** Hash of what the person asked for: the same `--order` with other wishes is a conflict. */
  fingerprint: z.string(),
  /** Set for a top-up. */
  podNpub: podNpubField.optional(),
  image: z.string().optional(),
  user: z.string().optional(),
  password: z.string().optional(),
  passwordGenerated: z.boolean(),
  sshPublicKey: z.string().optional(),
  keyPath: z.string().optional(),
  alias: z.string().optional(),
})

/** When a payment ends. Times are Unix seconds by the mint's clock, which is `mintAheadSec` ahead of ours. */
const deadlines = {
  locktime: z.int().optional(),
  respondBefore: z.int(),
  mintAheadSec: z.int(),
}
export const deadlinesSchema = z.object(deadlines)

export const paymentSchema = z.object({
  ...deadlines,
  token: z.string(),
  /** What the token is worth. */
  amountSat: sat,
  /** What our own swap cost. */
  feeSat: sat,
})

export type OrderTerms = z.output<typeof termsSchema>
export type Payment = z.output<typeof paymentSchema>
export type Deadlines = z.output<typeof deadlinesSchema>
