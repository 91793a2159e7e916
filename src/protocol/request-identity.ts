// Is it the same request again? The hash of what a request says, and the message its refund evidence signs.
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import type { OrderId } from '../core/ids.ts'
import type { PublicKeyHex } from '../core/npub.ts'
import type { Request } from './request.ts'

/** Fields that may differ between two sendings of one request. */
const VOLATILE_FIELDS = new Set(['respond_before', 'reply_relays'])

/** SHA-256 (hex) of the request's fields in sorted order, without `respond_before` and `reply_relays`. */
export function requestFingerprint(request: Request): string {
  const fields = Object.entries(request.message)
    .filter(([name, value]) => !VOLATILE_FIELDS.has(name) && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify([request.type, fields]))))
}

/**
 * The 32 bytes that `refund_signature` (BIP-340, by the lock's refund key) signs:
 * SHA-256("paygress" ‖ provider key ‖ sender key ‖ order id), keys as 32 bytes, text as UTF-8.
 */
export function refundEvidence(provider: PublicKeyHex, sender: PublicKeyHex, orderId: OrderId): Uint8Array {
  return sha256(
    concatBytes(utf8ToBytes('paygress'), hexToBytes(provider), hexToBytes(sender), utf8ToBytes(orderId)),
  )
}
