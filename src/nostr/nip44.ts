// How is a text encrypted between two Nostr keys (NIP-44 version 2)?
import { createCipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import { decrypt as portableDecrypt, encrypt as portableEncrypt } from 'nostr-tools/nip44'
import { hasNativeCrypto } from './conversation-key.ts'

const MAX_TEXT_BYTES = 65_535
const MIN_PAYLOAD = 132
const MAX_PAYLOAD = 87_472
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

/** The base64 payload of a text of 1…65,535 bytes. `nonce`: 32 bytes, fresh for every text. */
export function encryptNip44(text: string, key: Uint8Array, nonce: Uint8Array): string {
  const size = Buffer.byteLength(text)
  if (size < 1 || size > MAX_TEXT_BYTES)
    throw new Error(`NIP-44 encrypts 1 to ${MAX_TEXT_BYTES} bytes, not ${size}`)
  return hasNativeCrypto ? nativeEncrypt(text, key, nonce) : portableEncrypt(text, key, nonce)
}

/** The text of a payload; throws where it is malformed or was changed. Sizes are checked before any work. */
export function decryptNip44(payload: string, key: Uint8Array): string {
  if (payload.length < MIN_PAYLOAD || payload.length > MAX_PAYLOAD)
    throw new Error('the NIP-44 payload has a wrong size')
  if (payload.length % 4 !== 0 || !BASE64.test(payload)) throw new Error('the NIP-44 payload is no base64')
  return hasNativeCrypto ? nativeDecrypt(payload, key) : portableDecrypt(payload, key)
}

export function nativeEncrypt(text: string, key: Uint8Array, nonce: Uint8Array): string {
  const keys = messageKeys(key, nonce)
  const ciphertext = chacha20(keys, pad(Buffer.from(text)))
  const mac = authenticate(keys.hmacKey, nonce, ciphertext)
  return Buffer.concat([Buffer.of(2), nonce, ciphertext, mac]).toString('base64')
}

export function nativeDecrypt(payload: string, key: Uint8Array): string {
  const bytes = Buffer.from(payload, 'base64')
  if (bytes[0] !== 2) throw new Error('unknown version of NIP-44')
  const nonce = bytes.subarray(1, 33)
  const ciphertext = bytes.subarray(33, -32)
  const keys = messageKeys(key, nonce)
  if (!timingSafeEqual(authenticate(keys.hmacKey, nonce, ciphertext), bytes.subarray(-32)))
    throw new Error('the NIP-44 payload was changed or is for another key')
  return unpad(chacha20(keys, ciphertext))
}

interface MessageKeys {
  cipherKey: Buffer
  cipherNonce: Buffer
  hmacKey: Buffer
}

/** HKDF-expand (RFC 5869) to 76 bytes; node:crypto has only extract and expand in one. */
function messageKeys(key: Uint8Array, nonce: Uint8Array): MessageKeys {
  const blocks: Buffer[] = []
  let previous = Buffer.alloc(0)
  for (const counter of [1, 2, 3]) {
    previous = createHmac('sha256', key).update(previous).update(nonce).update(Buffer.of(counter)).digest()
    blocks.push(previous)
  }
  const expanded = Buffer.concat(blocks)
  return {
    cipherKey: expanded.subarray(0, 32),
    cipherNonce: expanded.subarray(32, 44),
    hmacKey: expanded.subarray(44, 76),
  }
}

function chacha20(keys: MessageKeys, input: Uint8Array): Buffer {
  // OpenSSL's 16-byte iv is the 32-bit counter (0) followed by the 12-byte nonce.
  const cipher = createCipheriv(
    'chacha20',
    keys.cipherKey,
    Buffer.concat([Buffer.alloc(4), keys.cipherNonce]),
  )
  return Buffer.concat([cipher.update(input), cipher.final()])
}

function authenticate(hmacKey: Uint8Array, nonce: Uint8Array, ciphertext: Uint8Array): Buffer {
  return createHmac('sha256', hmacKey).update(nonce).update(ciphertext).digest()
}

function pad(text: Buffer): Buffer {
  const padded = Buffer.alloc(2 + paddedLength(text.length))
  padded.writeUInt16BE(text.length, 0)
  text.copy(padded, 2)
  return padded
}

function unpad(padded: Buffer): string {
  const size = padded.length < 2 ? 0 : padded.readUInt16BE(0)
  if (size < 1 || padded.length !== 2 + paddedLength(size)) throw new Error('the NIP-44 padding is wrong')
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(padded.subarray(2, 2 + size))
}

function paddedLength(size: number): number {
  if (size <= 32) return 32
  const nextPower = 2 ** (Math.floor(Math.log2(size - 1)) + 1)
  const chunk = nextPower <= 256 ? 32 : nextPower / 8
  return chunk * (Math.floor((size - 1) / chunk) + 1)
}
