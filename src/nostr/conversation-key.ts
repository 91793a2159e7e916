// Which secret do two Nostr keys share (NIP-44 v2)?
import { createECDH, createHmac, getCiphers, getCurves } from 'node:crypto'
import { getConversationKey } from 'nostr-tools/nip44'

/** True where this Node's OpenSSL has all that NIP-44 needs; it is some ten times faster than JavaScript. */
export const hasNativeCrypto = getCurves().includes('secp256k1') && getCiphers().includes('chacha20')

/** The 32-byte conversation key. Throws where the peer is no point of the curve. */
export function conversationKey(secretKey: Uint8Array, peer: string): Uint8Array {
  return hasNativeCrypto ? nativeConversationKey(secretKey, peer) : getConversationKey(secretKey, peer)
}

/** The x-only ECDH secret of two keys, 32 bytes. */
function sharedX(secretKey: Uint8Array, peer: string): Uint8Array {
  const ecdh = createECDH('secp256k1')
  ecdh.setPrivateKey(secretKey)
  const x = ecdh.computeSecret(Buffer.from(`02${peer}`, 'hex'))
  if (x.length === 32) return x
  // OpenSSL may leave leading zeros out.
  return Buffer.concat([Buffer.alloc(32 - x.length), x])
}

export function nativeConversationKey(secretKey: Uint8Array, peer: string): Uint8Array {
  return createHmac('sha256', 'nip44-v2').update(sharedX(secretKey, peer)).digest()
}
