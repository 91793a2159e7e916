// What may a client send? The bodies of the NUTs, parsed; every hex is lower case and every amount a bigint from here on.
import * as z from 'zod'
import { isCurvePoint } from '../../cashu/mint-crypto.ts'
import { UnreadableRequest } from './refusal.ts'

const amount = z.union([z.number().int().nonnegative(), z.string().regex(/^\d{1,16}$/)]).transform(BigInt)
const keysetId = z.string().min(1).max(66).toLowerCase()
const quoteId = z.string().min(1).max(128)
const unit = z.string().min(1).max(32)
const hex = (bytes: number): z.ZodType<string> =>
  z
    .string()
    .toLowerCase()
    .regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`))
const publicKey = hex(33)
const point = publicKey.refine(isCurvePoint, 'not a point of the curve')

const blindedOutput = z.object({ amount, id: keysetId, B_: point })
const proof = z.object({
  amount,
  id: keysetId,
  secret: z.string().min(1).max(1024),
  C: publicKey,
  witness: z.string().max(8192).nullish(),
})

/** A proof of NUT-00 as it is spent. */
export type InputProof = z.infer<typeof proof>

export const swapRequest = z.object({ inputs: z.array(proof), outputs: z.array(blindedOutput) })
export const mintQuoteRequest = z.object({
  unit,
  amount: amount.refine((value) => value > 0n, 'must be positive'),
  description: z.string().max(256).nullish(),
  pubkey: point.nullish(),
})
export const mintRequest = z.object({
  quote: quoteId,
  outputs: z.array(blindedOutput).min(1),
  signature: hex(64).nullish(),
})
export const meltQuoteRequest = z.object({ unit, request: z.string().max(2048) })
export const meltRequest = z.object({
  quote: quoteId,
  inputs: z.array(proof).min(1),
  outputs: z.array(blindedOutput).nullish(),
})
export const stateRequest = z.object({ Ys: z.array(publicKey) })
export const restoreRequest = z.object({ outputs: z.array(blindedOutput) })

export type SwapRequest = z.infer<typeof swapRequest>
export type MintQuoteRequest = z.infer<typeof mintQuoteRequest>
export type MintRequest = z.infer<typeof mintRequest>
export type MeltQuoteRequest = z.infer<typeof meltQuoteRequest>
export type MeltRequest = z.infer<typeof meltRequest>
export type StateRequest = z.infer<typeof stateRequest>
export type RestoreRequest = z.infer<typeof restoreRequest>

/** A body in its schema; refuses with the place of the first mistake, never with the value. */
export function parseBody<Parsed>(schema: z.ZodType<Parsed>, body: string): Parsed {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    throw new UnreadableRequest('the body is not JSON')
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const place = parsed.error.issues[0]?.path.join('.') ?? ''
  throw new UnreadableRequest(`the request is malformed${place === '' ? '' : ` at ${place}`}`)
}
