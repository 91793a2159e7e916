// What may a mint answer? The bodies of the NUTs, parsed before anything is believed.
import * as z from 'zod'
import type { BlindSignature, Keyset } from '../wallet/ecash-port.ts'
import type { MintInfo, MintQuote, ProofState, RestoredOutput } from '../wallet/mint-port.ts'

const amount = z.union([z.int().nonnegative(), z.string().regex(/^\d{1,20}$/)]).transform(BigInt)
const point = z.string().regex(/^0[23][0-9a-f]{64}$/)
const scalar = z.string().regex(/^[0-9a-f]{64}$/)
const keysetId = z.string().regex(/^[0-9a-f]{16}$|^[0-9a-f]{66}$/)
const seconds = z.int().nonnegative()

const blindSignature = z
  .object({
    id: z.string(),
    amount,
    C_: point,
    dleq: z.object({ e: scalar, s: scalar }).nullish(),
  })
  .transform(({ id, amount: amountSat, C_, dleq }): BlindSignature => ({
    keysetId: id,
    amountSat,
    C_,
    ...(dleq == null ? {} : { dleq: { e: dleq.e, s: dleq.s } }),
  }))

/** NUT-06. A NUT counts as supported by `supported: true`, or a list that is not empty (NUT-17, NUT-29). */
export const infoAnswer = z
  .object({
    name: z.string().max(200).nullish(),
    nuts: z.record(z.string(), z.looseObject({})).default({}),
  })
  .transform(({ name, nuts }): MintInfo => ({
    name: name ?? undefined,
    nuts: Object.entries(nuts).flatMap(([nut, { supported, methods, disabled }]) => {
      const listed = [supported, methods].some((list) => Array.isArray(list) && list.length > 0)
      return /^\d{1,3}$/.test(nut) && disabled !== true && (supported === true || listed) ? [Number(nut)] : []
    }),
  }))

const keyset = z
  .object({
    id: z.string().max(80),
    unit: z.string().max(32),
    active: z.boolean(),
    input_fee_ppk: z.int().nonnegative().max(1_000_000).nullish(),
    final_expiry: seconds.nullish(),
  })
  .transform((raw): Keyset => ({
    id: raw.id,
    unit: raw.unit,
    active: raw.active,
    feePpk: raw.input_fee_ppk ?? 0,
    // Some mints write 0 where they mean never.
    finalExpiry: raw.final_expiry == null || raw.final_expiry === 0 ? undefined : raw.final_expiry,
  }))

/** NUT-02. Keysets with the oldest, non-hex ids are left out: their coins cannot stand in a V4 token. */
export const keysetsAnswer = z
  .object({ keysets: z.array(keyset).max(10_000) })
  .transform(({ keysets }) => keysets.filter(({ id }) => keysetId.safeParse(id).success))

/** NUT-01, one keyset. */
export const keysAnswer = z.object({
  keysets: z
    .array(z.object({ id: z.string(), keys: z.record(z.string().regex(/^[1-9]\d{0,19}$/), point) }))
    .max(100),
})

/** NUT-03 and NUT-04. */
export const signaturesAnswer = z
  .object({ signatures: z.array(blindSignature) })
  .transform(({ signatures }) => signatures)

/** NUT-23 quotes. */
export const quoteAnswer = z
  .object({
    quote: z.string().min(1).max(256),
    request: z.string().min(1).max(4096),
    state: z.enum(['UNPAID', 'PENDING', 'PAID', 'ISSUED']),
    amount: amount.nullish(),
    expiry: seconds.nullish(),
  })
  .transform((raw): MintQuote => ({
    id: raw.quote,
    invoice: raw.request,
    state: raw.state,
    amountSat: raw.amount ?? undefined,
    expiresAt: raw.expiry ?? undefined,
  }))

/** NUT-07. */
export const statesAnswer = z
  .object({
    states: z.array(
      z.object({
        Y: point,
        state: z.enum(['UNSPENT', 'PENDING', 'SPENT']),
        witness: z.string().max(8192).nullish(),
      }),
    ),
  })
  .transform(({ states }) =>
    states.map(({ Y, state, witness }): ProofState => ({ y: Y, state, witness: witness ?? undefined })),
  )

/** NUT-09: outputs and their signatures, side by side. */
export const restoreAnswer = z
  .object({ outputs: z.array(z.object({ B_: point })), signatures: z.array(blindSignature) })
  .refine(({ outputs, signatures }) => outputs.length === signatures.length, 'not one signature per output')
  .transform(({ outputs, signatures }) =>
    outputs.flatMap(({ B_ }, index): RestoredOutput[] => {
      const signature = signatures[index]
      return signature === undefined ? [] : [{ B_, signature }]
    }),
  )

/** A refusal. */
export const refusalAnswer = z.object({
  code: z.int().optional(),
  detail: z.unknown().optional(),
})
