// What may stand in a single field of a message? The schemas that several messages share.
import * as z from 'zod'
import { isOrderId, isSpecId } from '../core/ids.ts'
import { isPodNpub } from '../core/npub.ts'
import { normaliseMintUrl } from '../core/mint-url.ts'
import { isOnionAddress } from '../core/onion.ts'
import { normaliseRelayUrl } from '../core/relay-url.ts'

const LONGEST_TOKEN = 60_000
const MAX_RELAYS = 10

/** Text of a bounded length, without NUL. */
export const text = (longest: number) =>
  z
    .string()
    .max(longest)
    .refine((value) => !value.includes('\0'), 'must not contain NUL')

export const orderIdField = z
  .string()
  .refine(isOrderId, 'must be 1 to 64 letters, digits, dots, dashes or underscores')
export const specIdField = z
  .string()
  .refine(isSpecId, 'must be 1 to 64 letters, digits, dots, dashes or underscores')
export const podNpubField = z.string().refine(isPodNpub, 'must be an npub')
export const podNameField = text(128).min(1)
export const tokenField = z.string().min(1).max(LONGEST_TOKEN)
export const quoteIdField = text(128).min(1)

export const mintField = z.string().transform((value, context) => {
  const url = normaliseMintUrl(value)
  if (url !== undefined) return url
  context.issues.push({ code: 'custom', message: 'must be an http(s) URL', input: value })
  return z.NEVER
})

/** Where a machine answers over Tor. What is none is left out: the machine was paid for, and may have another address. */
export const onionField = text(80).transform((address) => (isOnionAddress(address) ? address : undefined))

/** Relay URLs; those that are none are left out, so that one typing error does not cost the message. */
export const relaysField = z
  .array(z.string())
  .max(64)
  .transform((urls) =>
    [...new Set(urls.map(normaliseRelayUrl).filter((url) => url !== undefined))].slice(0, MAX_RELAYS),
  )

/** 32-byte x-only or 33-byte compressed secp256k1 public key, hex. */
export const lockKeyField = z.string().regex(/^(?:0[23])?[0-9a-f]{64}$/, 'must be a public key in hex')
/** 64-byte BIP-340 signature, hex. */
export const signatureField = z.string().regex(/^[0-9a-f]{128}$/, 'must be a 64-byte signature in hex')

/** Unix seconds between 2020 and 2100. */
export const unixTimeField = z.int().min(1_577_836_800).max(4_102_444_800)
export const isoTimeField = z.iso.datetime({ offset: true })
export const secondsField = z.int().min(0).max(315_360_000)
/** Amounts of money on the wire: non-negative integers within 2^53. */
export const amountField = z.int().min(0)
