// How does the fake Lightning write and read an invoice? As a real, signed BOLT11 payment request.
import { createHash } from 'node:crypto'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { bech32 } from '@scure/base'
import { regroupBits } from './regroup-bits.ts'

const TAG = { paymentHash: 1, expiry: 6, description: 13, paymentSecret: 16, features: 5 } as const
/** Feature bits 8 and 14: variable onion and payment secret, which every payer asks for today. */
const FEATURES = [16, 8, 0]
const TIMESTAMP_WORDS = 7
const SIGNATURE_WORDS = 104
const DEFAULT_EXPIRY_SEC = 3600
/** Millisatoshi per unit of the amount's multiplier; `p` is a tenth of one. */
const MULTIPLIER_MSAT: Readonly<Record<string, bigint>> = { m: 100_000_000n, u: 100_000n, n: 100n }

export interface InvoiceTerms {
  amountMsat: bigint
  /** Unix seconds. */
  createdAt: number
  expirySec: number
  description: string
  /** 32 bytes each. */
  paymentHash: Uint8Array
  paymentSecret: Uint8Array
}

export interface Invoice {
  /** Undefined: the payer chooses the amount. */
  amountMsat: bigint | undefined
  createdAt: number
  expirySec: number
  description: string
  /** Hex. */
  paymentHash: string
  /** The node that signed, recovered from the signature, hex. */
  payee: string
}

/** A payment request signed by a node's private key. */
export function encodeInvoice(terms: InvoiceTerms, nodeKey: Uint8Array): string {
  const prefix = `lnbc${amountText(terms.amountMsat)}`
  const words = [
    ...numberWords(terms.createdAt, TIMESTAMP_WORDS),
    ...field(TAG.paymentSecret, regroupBits(terms.paymentSecret, 8, 5, true)),
    ...field(TAG.paymentHash, regroupBits(terms.paymentHash, 8, 5, true)),
    ...field(TAG.description, regroupBits(Buffer.from(terms.description, 'utf8'), 8, 5, true)),
    ...field(TAG.expiry, numberWords(terms.expirySec)),
    ...field(TAG.features, FEATURES),
  ]
  // noble puts the recovery id first, BOLT11 last.
  const signed = secp256k1.sign(digest(prefix, words), nodeKey, { prehash: false, format: 'recovered' })
  const signature = [...signed.slice(1), ...signed.slice(0, 1)]
  return bech32.encode(prefix, [...words, ...regroupBits(signature, 8, 5, true)], false)
}

/** What a payment request asks for, or undefined if it is no well-formed, signed mainnet invoice. */
export function decodeInvoice(request: string): Invoice | undefined {
  const decoded = bech32.decodeUnsafe(request, false)
  const amount =
    decoded === undefined ? undefined : /^lnbc(?:([1-9]\d{0,17})([munp]?))?$/.exec(decoded.prefix)
  if (!decoded || !amount || decoded.words.length < TIMESTAMP_WORDS + SIGNATURE_WORDS) return undefined
  const words = decoded.words.slice(0, -SIGNATURE_WORDS)
  const fields = readFields(words.slice(TIMESTAMP_WORDS))
  const paymentHash = fields.get(TAG.paymentHash)
  const payee = recoverPayee(decoded.prefix, words, decoded.words.slice(-SIGNATURE_WORDS))
  if (paymentHash === undefined || payee === undefined) return undefined
  const expiry = fields.get(TAG.expiry)
  return {
    amountMsat: amount[1] === undefined ? undefined : readAmount(BigInt(amount[1]), amount[2] ?? ''),
    createdAt: wordsNumber(words.slice(0, TIMESTAMP_WORDS)),
    expirySec: expiry === undefined ? DEFAULT_EXPIRY_SEC : wordsNumber(expiry),
    description: Buffer.from(regroupBits(fields.get(TAG.description) ?? [], 5, 8, false)).toString('utf8'),
    paymentHash: Buffer.from(regroupBits(paymentHash, 5, 8, false)).toString('hex'),
    payee,
  }
}

function amountText(amountMsat: bigint): string {
  return amountMsat % 100n === 0n ? `${amountMsat / 100n}n` : `${amountMsat * 10n}p`
}

function readAmount(value: bigint, multiplier: string): bigint {
  if (multiplier === 'p') return value / 10n
  return value * (MULTIPLIER_MSAT[multiplier] ?? 100_000_000_000n)
}

function field(tag: number, words: readonly number[]): number[] {
  return [tag, words.length >> 5, words.length & 31, ...words]
}

function readFields(words: readonly number[]): Map<number, number[]> {
  const fields = new Map<number, number[]>()
  for (let at = 0; at + 3 <= words.length;) {
    const [tag = 0, high = 0, low = 0] = words.slice(at, at + 3)
    const end = at + 3 + high * 32 + low
    if (!fields.has(tag)) fields.set(tag, words.slice(at + 3, end))
    at = end
  }
  return fields
}

function numberWords(value: number, length = 0): number[] {
  const words: number[] = []
  for (let rest = value; rest > 0 || words.length < length; rest = Math.floor(rest / 32))
    words.unshift(rest % 32)
  return words
}

function wordsNumber(words: readonly number[]): number {
  return words.reduce((sum, word) => sum * 32 + word, 0)
}

function digest(prefix: string, words: readonly number[]): Uint8Array {
  return createHash('sha256')
    .update(prefix)
    .update(Uint8Array.from(regroupBits(words, 5, 8, true)))
    .digest()
}

function recoverPayee(
  prefix: string,
  words: readonly number[],
  signatureWords: readonly number[],
): string | undefined {
  const bytes = regroupBits(signatureWords, 5, 8, false)
  const signature = Uint8Array.from([...bytes.slice(64), ...bytes.slice(0, 64)])
  try {
    const key = secp256k1.recoverPublicKey(signature, digest(prefix, words), { prehash: false })
    return Buffer.from(key).toString('hex')
  } catch {
    return undefined
  }
}
