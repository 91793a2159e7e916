// Which onion address does a public key have, and is a text one? Version 3 (Tor's rend-spec-v3, section 6).
import { sha3_256 } from '@noble/hashes/sha3.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'

/** The port at which a machine's SSH answers over Tor. */
export const ONION_PORT = 2222

const DIGITS = 'abcdefghijklmnopqrstuvwxyz234567'
const SUFFIX = '.onion'
const VERSION = Uint8Array.of(3)
const KEY_BYTES = 32
const CHECKSUM_BYTES = 2

/** The address of an ed25519 public key: 56 characters and `.onion`. */
export function onionAddress(publicKey: Uint8Array): string {
  return `${base32(concatBytes(publicKey, checksum(publicKey), VERSION))}${SUFFIX}`
}

/** The ed25519 public key in an address; undefined for a text that is none, or that its checksum belies. */
export function onionPublicKey(address: string): Uint8Array | undefined {
  if (!/^[a-z2-7]{56}\.onion$/.test(address)) return undefined
  const publicKey = fromBase32(address.slice(0, -SUFFIX.length)).subarray(0, KEY_BYTES)
  return onionAddress(publicKey) === address ? publicKey : undefined
}

export function isOnionAddress(text: string): boolean {
  return onionPublicKey(text) !== undefined
}

function checksum(publicKey: Uint8Array): Uint8Array {
  return sha3_256(concatBytes(utf8ToBytes('.onion checksum'), publicKey, VERSION)).subarray(0, CHECKSUM_BYTES)
}

// Their lengths are whole groups of five bytes: nothing is padded.
function base32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{5}/g) ?? []).map((group) => DIGITS[Number.parseInt(group, 2)]).join('')
}

function fromBase32(text: string): Uint8Array {
  const bits = Array.from(text, (digit) => DIGITS.indexOf(digit).toString(2).padStart(5, '0')).join('')
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (group) => Number.parseInt(group, 2))
}
