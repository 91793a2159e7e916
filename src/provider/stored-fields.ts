// How do the provider's values stand in JSON? The field schemas that orders and leases share.
import * as z from 'zod'
import { isLeaseId, isSpecId } from '../core/ids.ts'
import { type MintUrl, normaliseMintUrl } from '../core/mint-url.ts'
import { isPodNpub } from '../core/npub.ts'
import { ERROR_TYPES } from '../protocol/error-reply.ts'
import type { InspectedToken } from '../wallet/inspected-token.ts'

/** JSON has no bigint: amounts are decimal text. */
export const bigintField = z.codec(z.string().regex(/^-?\d{1,30}$/), z.bigint(), {
  decode: (text) => BigInt(text),
  encode: (amount) => String(amount),
})

export const leaseIdField = z.string().refine(isLeaseId)
export const storedPodNpubField = z.string().refine(isPodNpub)
export const storedMintField = z.string().refine((text): text is MintUrl => normaliseMintUrl(text) === text)

export const specFields = z.object({
  id: z.string().refine(isSpecId),
  name: z.string(),
  description: z.string(),
  cpuMillicores: z.number(),
  memoryMb: z.number(),
  rateMsatPerSec: z.number(),
})

export const tokenFields = z.object({
  token: z.string(),
  mint: storedMintField,
  unit: z.string(),
  amountSat: bigintField,
  netSat: bigintField,
  proofCount: z.number(),
  ys: z.array(z.string()),
  lock: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('none') }),
    z.object({ kind: z.literal('ours'), locktime: z.number(), refundPubkey: z.string() }),
    z.object({ kind: z.literal('ours-open-ended') }),
    z.object({ kind: z.literal('other'), problem: z.string() }),
  ]),
}) satisfies z.ZodType<InspectedToken>

/** Why something was refused, as the buyer will read it. */
export const refusalFields = z.object({
  type: z.enum(ERROR_TYPES),
  message: z.string(),
  details: z.string().optional(),
})
export type Refusal = z.infer<typeof refusalFields>
