// How is a mint quote signed in the newer way (NUT-20, length-framed message)?
import { createHash } from 'node:crypto'
import { schnorr } from '@noble/curves/secp256k1.js'
import type { Output } from '../wallet/ecash-port.ts'

/** BIP-340 over the framed quote id, amounts and blinded messages, hex. */
export function amendedQuoteSignature(
  privateKey: Uint8Array,
  quoteId: string,
  outputs: readonly Output[],
): string {
  const message = amendedQuoteMessage(
    quoteId,
    outputs.map(({ amountSat, B_ }) => ({ amount: amountSat, B_ })),
  )
  return Buffer.from(schnorr.sign(message, privateKey)).toString('hex')
}

/** SHA-256 of what is signed: each part with its length (4 bytes, big-endian) before it; amounts without leading zero bytes. */
export function amendedQuoteMessage(
  quoteId: string,
  outputs: readonly { amount: bigint; B_: string }[],
): Uint8Array {
  const hash = createHash('sha256').update('Cashu_MintQuoteSig_v1')
  const frame = (bytes: Buffer): void => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    hash.update(length).update(bytes)
  }
  frame(Buffer.from(quoteId, 'utf8'))
  for (const { amount, B_ } of outputs) {
    const digits = amount === 0n ? '' : amount.toString(16)
    frame(Buffer.from(digits.length % 2 === 1 ? `0${digits}` : digits, 'hex'))
    frame(Buffer.from(B_, 'hex'))
  }
  return hash.digest()
}
