// How is a Nostr secret key written? As nsec (NIP-19) or 64 hex characters.
import { bech32 } from '@scure/base'
import { fromHex, toHex } from './hex.ts'

const LONGEST_NSEC = 90
/** The order of secp256k1: a secret key is below it, and not zero. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

/** `nsec1…` (NIP-19) of 32 secret bytes. */
export function encodeNsec(secretKey: Uint8Array): string {
  return bech32.encode('nsec', bech32.toWords(secretKey))
}

/** The 32 bytes of an nsec or a hex key; undefined for anything else. Never put the text into an error. */
export function decodeSecretKey(text: string): Uint8Array | undefined {
  const bytes = bytesOf(text)
  if (bytes === undefined) return undefined
  const scalar = BigInt(`0x${toHex(bytes)}`)
  return scalar > 0n && scalar < ORDER ? bytes : undefined
}

function bytesOf(text: string): Uint8Array | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return fromHex(text.toLowerCase())
  if (text.length > LONGEST_NSEC) return undefined
  const decoded = bech32.decodeUnsafe(text, LONGEST_NSEC)
  if (decoded === undefined || decoded.prefix !== 'nsec') return undefined
  const bytes = bech32.fromWordsUnsafe(decoded.words)
  return bytes?.length === 32 ? Uint8Array.from(bytes) : undefined
}
