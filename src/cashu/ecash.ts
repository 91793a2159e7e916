// How is ecash blinded, unblinded, checked and written down? cashu-ts' primitives behind the wallet's port.
import {
  Amount,
  deriveKeysetId,
  hashToCurve,
  hasValidDleq,
  OutputData,
  PaymentRequest,
  signMintQuote,
} from '@cashu/cashu-ts'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Proof as CashuProof } from '@cashu/cashu-ts'
import { PaygressError } from '../core/errors.ts'
import type { BlindSignature, Ecash, KeysetKeys, Output, Proof } from '../wallet/ecash-port.ts'
import { amendedQuoteSignature } from './quote-signature.ts'
import { decodeToken, encodeToken, tokenHead } from './token-text.ts'

const MOST_REMEMBERED = 1024

/** The arithmetic of ecash (NUT-00, 02, 11, 12, 13, 18, 20). */
export const ecash: Ecash = {
  seedOutputs: (seed, counter, amounts, keysetId, role) =>
    amounts.map((amount, index) =>
      output(OutputData.createSingleDeterministicData(amount, seed, counter + index, keysetId), role),
    ),
  lockedOutputs: (lock, amounts, keysetId) =>
    amounts.map((amount) =>
      output(
        OutputData.createSingleP2PKData(
          {
            pubkey: lock.pubkey,
            ...(lock.locktime === undefined ? {} : { locktime: lock.locktime }),
            ...(lock.refundPubkey === undefined ? {} : { refundKeys: [lock.refundPubkey] }),
          },
          amount,
          keysetId,
        ),
        'send',
      ),
    ),
  unblind,
  proofY: remembering((secret) => hashToCurve(new TextEncoder().encode(secret)).toHex(true)),
  hasValidDleq: (proof, keyset) => hasValidDleq(cashuProof(proof), keyset),
  isKeysetGenuine,
  encodeToken,
  encodeRequest: ({ id, amountSat, mint, description }) =>
    new PaymentRequest(undefined, id, amountSat, 'sat', [mint], description, true).toEncodedCreqA(),
  tokenHead,
  decodeToken,
  signQuote: (privateKey, quoteId, outputs) => {
    const messages = outputs.map(({ amountSat, B_, keysetId }) => ({
      amount: Amount.from(amountSat),
      B_,
      id: keysetId,
    }))
    const hex = Buffer.from(privateKey).toString('hex')
    return [signMintQuote(hex, quoteId, messages), amendedQuoteSignature(privateKey, quoteId, outputs)]
  },
}

/** A coin is asked for its Y at each stop on its way, and it is the same each time. */
function remembering(compute: (secret: string) => string): (secret: string) => string {
  const known = new Map<string, string>()
  return (secret) => {
    const before = known.get(secret)
    if (before !== undefined) return before
    const y = compute(secret)
    if (known.size >= MOST_REMEMBERED) known.clear()
    known.set(secret, y)
    return y
  }
}

function output(data: OutputData, role: Output['role']): Output {
  return {
    keysetId: data.blindedMessage.id,
    amountSat: data.blindedMessage.amount.toBigInt(),
    B_: data.blindedMessage.B_,
    secret: new TextDecoder().decode(data.secret),
    r: data.blindingFactor.toString(),
    role,
  }
}

function unblind(blinded: Output, signature: BlindSignature | undefined, keyset: KeysetKeys): Proof {
  const misbehaved = (why: string, cause?: unknown): PaygressError =>
    new PaygressError('mint_misbehaved', `the mint's signature ${why}`, { cause })
  if (signature === undefined) throw misbehaved('is missing')
  if (signature.keysetId !== blinded.keysetId || signature.keysetId !== keyset.id) {
    throw misbehaved('is of another keyset')
  }
  if (signature.amountSat !== blinded.amountSat) throw misbehaved('is for another amount')
  if (signature.dleq === undefined) throw misbehaved('has no DLEQ proof')
  const data = new OutputData(
    { amount: Amount.from(blinded.amountSat), B_: blinded.B_, id: blinded.keysetId },
    BigInt(blinded.r),
    new TextEncoder().encode(blinded.secret),
  )
  let proof: CashuProof
  try {
    proof = data.toProof(
      {
        id: signature.keysetId,
        amount: Amount.from(signature.amountSat),
        C_: signature.C_,
        dleq: signature.dleq,
      },
      keyset,
    )
  } catch (error) {
    throw misbehaved('is not genuine', error)
  }
  const { dleq } = proof
  if (dleq?.r === undefined) throw misbehaved('has no DLEQ proof')
  return {
    keysetId: proof.id,
    amountSat: proof.amount.toBigInt(),
    secret: proof.secret,
    C: proof.C,
    dleq: { e: dleq.e, s: dleq.s, r: dleq.r },
  }
}

function isKeysetGenuine({ id, unit, feePpk, finalExpiry, keys }: KeysetKeys): boolean {
  if (id.startsWith('00')) return deriveKeysetId({ ...keys }, { versionByte: 0 }) === id
  const expiry = finalExpiry === undefined ? {} : { expiry: finalExpiry }
  const spec = { versionByte: 1, unit, input_fee_ppk: feePpk, ...expiry }
  if (deriveKeysetId({ ...keys }, spec) === id) return true
  return finalExpiry === undefined && idWithZeroExpiry({ unit, feePpk, keys }) === id
}

// Nutshell rotated by hand without an expiry writes 0, which is none, and its id commits to that 0 (NUT-02 would leave it out).
function idWithZeroExpiry({ unit, feePpk, keys }: Pick<KeysetKeys, 'unit' | 'feePpk' | 'keys'>): string {
  const sorted = Object.entries(keys).toSorted(([a], [b]) => (BigInt(a) < BigInt(b) ? -1 : 1))
  const list = sorted.map(([amount, key]) => `${amount}:${key}`).join(',')
  const fee = feePpk > 0 ? `|input_fee_ppk:${feePpk}` : ''
  return `01${bytesToHex(sha256(utf8ToBytes(`${list}|unit:${unit}${fee}|final_expiry:0`)))}`
}

function cashuProof({ keysetId, amountSat, secret, C, dleq }: Proof): CashuProof {
  return {
    id: keysetId,
    amount: Amount.from(amountSat),
    secret,
    C,
    ...(dleq === undefined ? {} : { dleq }),
  }
}
