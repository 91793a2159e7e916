// Who is it? Nostr public keys as 64 hex characters inside and npub (NIP-19) on the screen.
import { bech32 } from '@scure/base'
import type { Brand } from './brand.ts'
import { fromHex, toHex } from './hex.ts'

/** 64 lower-case hex characters: an x-only secp256k1 public key. */
export type PublicKeyHex = Brand<'PublicKeyHex'>
/** `npub1…` of a provider's identity. */
export type ProviderNpub = Brand<'ProviderNpub'>
/** `npub1…` of one pod. */
export type PodNpub = Brand<'PodNpub'>

const HEX_KEY = /^[0-9a-f]{64}$/
const LONGEST_NPUB = 90

export function isPublicKeyHex(text: string): text is PublicKeyHex {
  return HEX_KEY.test(text)
}

/** The npub (NIP-19) of a key. */
export function encodeNpub(key: PublicKeyHex): string {
  return bech32.encode('npub', bech32.toWords(fromHex(key)))
}

export function encodePodNpub(key: PublicKeyHex): PodNpub {
  return encodeNpub(key) as PodNpub
}

export function encodeProviderNpub(key: PublicKeyHex): ProviderNpub {
  return encodeNpub(key) as ProviderNpub
}

/** The key of an npub (NIP-19), or undefined where the text is none. */
export function decodeNpub(text: string): PublicKeyHex | undefined {
  if (text.length > LONGEST_NPUB) return undefined
  const decoded = bech32.decodeUnsafe(text, LONGEST_NPUB)
  if (decoded === undefined || decoded.prefix !== 'npub') return undefined
  const bytes = bech32.fromWordsUnsafe(decoded.words)
  if (bytes === undefined || bytes.length !== 32) return undefined
  return toHex(bytes) as PublicKeyHex
}

export function isPodNpub(text: string): text is PodNpub {
  return decodeNpub(text) !== undefined
}
