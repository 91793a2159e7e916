// How does a secret look to a mint? As a point of the curve (NUT-00); written anew here, so that the oracle shares no arithmetic with what it judges.
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'

const Point = secp256k1.Point
const DOMAIN = utf8ToBytes('Secp256k1_HashToCurve_Cashu_')
const MOST_TRIES = 2 ** 16

/** Hex of hash_to_curve(secret): the Y by which a mint knows a spent proof. */
export function pointOfSecret(secret: string): string {
  const hash = sha256(concatBytes(DOMAIN, utf8ToBytes(secret)))
  for (let counter = 0; counter < MOST_TRIES; counter++) {
    const tail = new Uint8Array(4)
    new DataView(tail.buffer).setUint32(0, counter, true)
    const point = `02${bytesToHex(sha256(concatBytes(hash, tail)))}`
    if (isPoint(point)) return point
  }
  throw new Error('no point for this secret')
}

/** Hex of B_ = Y + r·G: what the mint signed for a proof whose blinding factor (hex) is known. */
export function blindedMessage(secret: string, blindingFactor: string): string {
  const r = Point.Fn.fromBytes(hexToBytes(blindingFactor.padStart(64, '0')))
  return Point.fromHex(pointOfSecret(secret)).add(Point.BASE.multiply(r)).toHex(true)
}

function isPoint(hex: string): boolean {
  try {
    Point.fromHex(hex)
    return true
  } catch {
    return false // not every x lies on the curve
  }
}
