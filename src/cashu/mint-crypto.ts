// How does a mint make its keys, sign outputs and judge inputs? The mint side of cashu-ts in a small typed form (NUT-00, 02, 11, 12, 14, 20).
import {
  Amount,
  createBlindSignature,
  createDLEQProof,
  createNewMintKeys,
  getP2PKSigFlag,
  getSecretData,
  getSecretKind,
  getTagInt,
  hashToCurve,
  pointFromHex,
  schnorrVerifyDigest,
  serializeMintKeys,
  verifyHTLCHash,
  verifyMintQuoteSignature,
  verifyP2PKSpendingConditions,
  verifyUnblindedSignature,
} from '@cashu/cashu-ts'
import { amendedQuoteMessage } from './quote-signature.ts'

/** Denominations 1, 2, 4 … 2^31 of the keyset's unit. */
const DENOMINATIONS = 32

/** Keys of one keyset, hex, by decimal denomination. */
export interface MintKeys {
  /** NUT-02 version 2 id: 66 hex characters. */
  id: string
  publicKeys: Record<string, string>
  privateKeys: Record<string, string>
}

/** A signature over one blinded output with its DLEQ proof, all hex. */
export interface BlindSignature {
  C_: string
  e: string
  s: string
}

export interface SpendWitness {
  signatures: string[]
  preimage?: string | undefined
}

/** New random keys for a keyset; the id commits to unit, fee and expiry (Unix seconds). */
export function createMintKeys(options: {
  unit: string
  inputFeePpk: number
  finalExpiry?: number
}): MintKeys {
  const made = createNewMintKeys(DENOMINATIONS, undefined, {
    unit: options.unit,
    input_fee_ppk: options.inputFeePpk,
    ...(options.finalExpiry === undefined ? {} : { expiry: options.finalExpiry }),
  })
  return {
    id: made.keysetId,
    publicKeys: serializeMintKeys(made.pubKeys),
    privateKeys: serializeMintKeys(made.privKeys),
  }
}

/** Y of a secret: the name under which a mint remembers a spent proof (NUT-07), hex. */
export function proofY(secret: string): string {
  return hashToCurve(Buffer.from(secret, 'utf8')).toHex(true)
}

/** Whether hex is a point of the curve. */
export function isCurvePoint(hex: string): boolean {
  try {
    pointFromHex(hex)
    return true
  } catch {
    return false
  }
}

/** Signs one blinded output and proves with which key (NUT-12). Throws if B_ is no curve point. */
export function signOutput(B_: string, privateKey: string, keysetId: string): BlindSignature {
  const point = pointFromHex(B_)
  const key = Buffer.from(privateKey, 'hex')
  const dleq = createDLEQProof(point, key)
  return {
    C_: createBlindSignature(point, key, keysetId).C_.toHex(true),
    e: Buffer.from(dleq.e).toString('hex'),
    s: Buffer.from(dleq.s).toString('hex'),
  }
}

/** Whether C is this key's signature over the secret. */
export function isGenuineProof(
  proof: { secret: string; C: string; id: string },
  privateKey: string,
): boolean {
  if (!isCurvePoint(proof.C)) return false
  const secret = Buffer.from(proof.secret, 'utf8')
  return verifyUnblindedSignature(
    { id: proof.id, C: pointFromHex(proof.C), secret },
    Buffer.from(privateKey, 'hex'),
  )
}

/** Whether a secret is a lock of NUT-10 that this mint enforces; any other secret is a bearer secret. */
export function isLockedSecret(secret: string): boolean {
  try {
    const parsed: unknown = JSON.parse(secret)
    return Array.isArray(parsed) && (parsed[0] === 'P2PK' || parsed[0] === 'HTLC')
  } catch {
    return false
  }
}

/**
 * Why the witness does not open the lock of a secret, or undefined if it does (NUT-11 and NUT-14, SIG_INPUTS).
 * `nowSec` is the mint's clock: cashu-ts reads the process clock, so the verdict on the lock time is made here.
 */
export function spendRefusal(
  secret: string,
  witness: SpendWitness | undefined,
  nowSec: number,
): string | undefined {
  if (!isLockedSecret(secret)) return undefined
  try {
    if (getP2PKSigFlag(secret) === 'SIG_ALL') return 'this mint does not support SIG_ALL'
    const proof = { id: '', amount: Amount.from(0), secret, C: '' }
    const checked = verifyP2PKSpendingConditions(
      witness === undefined
        ? proof
        : { ...proof, witness: { signatures: witness.signatures, preimage: witness.preimage ?? '' } },
    )
    const isHashLock = getSecretKind(secret) === 'HTLC'
    if (!isHashLock && checked.main.pubkeys.length === 0) return 'the lock names no key'
    const hashOpen = !isHashLock || verifyHTLCHash(witness?.preimage ?? '', getSecretData(secret).data)
    const mainNeeded = checked.main.pubkeys.length === 0 ? 0 : (getTagInt(secret, 'n_sigs') ?? 1)
    if (hashOpen && checked.main.receivedSigners.length >= mainNeeded) return undefined
    if (nowSec < checked.locktime) return 'the lock is not opened by the signatures of its keys'
    if (checked.refund.pubkeys.length === 0) return undefined
    const refundNeeded = getTagInt(secret, 'n_sigs_refund') ?? 1
    return checked.refund.receivedSigners.length >= refundNeeded
      ? undefined
      : 'the lock is over, but neither its keys nor its refund keys have signed'
  } catch {
    return 'the lock is malformed'
  }
}

/** Whether the quote's key signed these outputs (NUT-20): the length-framed message, or the older plain one. */
export function isQuoteSignature(
  pubkey: string,
  quote: string,
  outputs: readonly { id: string; amount: bigint; B_: string }[],
  signature: string,
): boolean {
  if (schnorrVerifyDigest(signature, amendedQuoteMessage(quote, outputs), pubkey)) return true
  const messages = outputs.map((output) => ({ ...output, amount: Amount.from(output.amount) }))
  return verifyMintQuoteSignature(pubkey, quote, messages, signature)
}
