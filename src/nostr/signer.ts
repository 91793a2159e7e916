// Who signs and decrypts for us? A signer: a key in this process, or one elsewhere that answers the same questions.
import { finalizeEvent, getPublicKey } from 'nostr-tools/pure'
import type { Random } from '../core/clock.ts'
import { isPublicKeyHex, type PublicKeyHex } from '../core/npub.ts'
import { conversationKey } from './conversation-key.ts'
import { decryptNip44, encryptNip44 } from './nip44.ts'
import { verifyEvent, type EventTemplate, type NostrEvent } from './verify-event.ts'

export interface Signer {
  readonly publicKey: PublicKeyHex
  /** The signed event. */
  sign(template: EventTemplate): Promise<NostrEvent>
  /** NIP-44 payload for `peer` (64 hex). */
  nip44Encrypt(peer: string, text: string): Promise<string>
  /** Rejects where the payload is malformed or not for us. */
  nip44Decrypt(peer: string, payload: string): Promise<string>
}

const REMEMBERED_PEERS = 256

/** A signer with the secret key in this process (32 bytes). */
export function localSigner(secretKey: Uint8Array, random: Random): Signer {
  const publicKey = publicKeyOf(secretKey)
  const keys = new Map<string, Uint8Array>()

  const keyWith = (peer: string): Uint8Array => {
    const known = keys.get(peer)
    if (known !== undefined) return known
    const key = conversationKey(secretKey, peer)
    // Wraps come from one-time keys, so this must not grow with the inbox.
    if (keys.size >= REMEMBERED_PEERS) keys.clear()
    keys.set(peer, key)
    return key
  }

  return {
    publicKey,
    sign: async (template) => signWith(secretKey, template),
    nip44Encrypt: async (peer, text) => encryptNip44(text, keyWith(peer), random.bytes(32)),
    nip44Decrypt: async (peer, payload) => decryptNip44(payload, keyWith(peer)),
  }
}

/** The event signed by a raw secret key; it counts as verified. */
export function signWith(secretKey: Uint8Array, template: EventTemplate): NostrEvent {
  const { kind, created_at, content } = template
  const tags = template.tags.map((tag) => [...tag])
  const signed = verifyEvent(finalizeEvent({ kind, created_at, tags, content }, secretKey))
  if (!signed.ok) throw new Error(`the event cannot be signed: its ${signed.fault} is wrong`)
  return signed.event
}

/** The x-only public key of a secret key. */
export function publicKeyOf(secretKey: Uint8Array): PublicKeyHex {
  const key = getPublicKey(secretKey)
  if (!isPublicKeyHex(key)) throw new Error('the secret key gives no public key')
  return key
}
