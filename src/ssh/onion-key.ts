// How is the key of an onion service made?
import { createHash } from 'node:crypto'
import type { Random } from '../core/clock.ts'
import { toHex } from '../core/hex.ts'
import { onionAddress } from '../core/onion.ts'
import { publicPoint } from './key-pair.ts'

export interface OnionKey {
  /** The expanded ed25519 secret key, 64 bytes in hex. A secret. */
  secretKey: string
  address: string
}

/** A fresh key and the address that it has. */
export function makeOnionKey(random: Random): OnionKey {
  const seed = Buffer.from(random.bytes(32))
  const expanded = createHash('sha512').update(seed).digest()
  // RFC 8032, 5.1.5: the first half becomes the scalar.
  expanded[0] = (expanded[0] ?? 0) & 0b1111_1000
  expanded[31] = ((expanded[31] ?? 0) & 0b0111_1111) | 0b0100_0000
  return { secretKey: toHex(expanded), address: onionAddress(publicPoint(seed)) }
}
