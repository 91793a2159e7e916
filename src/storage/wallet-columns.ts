// What can stand in a column of the wallet's tables? JSON columns hold amounts as decimal strings.
import * as z from 'zod'
import { isOrderId } from '../core/ids.ts'
import type { OrderId } from '../core/ids.ts'
import { normaliseMintUrl } from '../core/mint-url.ts'
import type { MintUrl } from '../core/mint-url.ts'
import { sqlNumber } from './sql-types.ts'

export const amount = z.string().regex(/^\d+$/).transform(BigInt)
export const optionalNumber = sqlNumber.nullable().transform((value) => value ?? undefined)
export const mintUrl = z.string().transform((text, context): MintUrl => {
  const url = normaliseMintUrl(text)
  if (url !== undefined) return url
  context.addIssue({ code: 'custom', message: 'not a mint URL' })
  return z.NEVER
})
export const orderId = z
  .string()
  .nullable()
  .transform((text): OrderId | undefined => (text !== null && isOrderId(text) ? text : undefined))
/** A JSON column of this shape. */
export function json<Parsed>(schema: z.ZodType<Parsed>): z.ZodType<Parsed> {
  return z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(schema)
}

/** A JSON column of this shape, or NULL. */
export function optionalJson<Parsed>(schema: z.ZodType<Parsed>): z.ZodType<Parsed | undefined> {
  return z
    .string()
    .nullable()
    .transform((text): unknown => (text === null ? undefined : JSON.parse(text)))
    .pipe(z.union([z.undefined(), schema]))
}

export const proof = z.object({
  keysetId: z.string(),
  amountSat: amount,
  secret: z.string(),
  C: z.string(),
  dleq: z.object({ e: z.string(), s: z.string(), r: z.string() }).exactOptional(),
  witness: z.string().exactOptional(),
})
/** A value as JSON text, bigints as decimal strings. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part))
}
