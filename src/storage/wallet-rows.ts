// How do the wallet's rows become its types, and back? JSON columns hold amounts as decimal strings.
import * as z from 'zod'
import type { OrderId } from '../core/ids.ts'
import { isOrderId } from '../core/ids.ts'
import { normaliseMintUrl } from '../core/mint-url.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { Keyset } from '../wallet/ecash-port.ts'
import type { Attempt, Claim, Coin, Operation, ProofFate, StoredKey, StoredMint } from '../wallet/ports.ts'
import { sqlBoolean, sqlNumber } from './sql-types.ts'

const amount = z.string().regex(/^\d+$/).transform(BigInt)
const optionalNumber = sqlNumber.nullable().transform((value) => value ?? undefined)
const mintUrl = z.string().transform((text, context): MintUrl => {
  const url = normaliseMintUrl(text)
  if (url !== undefined) return url
  context.addIssue({ code: 'custom', message: 'not a mint URL' })
  return z.NEVER
})
const orderId = z
  .string()
  .nullable()
  .transform((text): OrderId | undefined => (text !== null && isOrderId(text) ? text : undefined))
const kind = z.enum([
  'fund',
  'send',
  'receive',
  'swap',
  'lock',
  'capture',
  'release',
  'respend',
  'refund',
  'reclaim',
])
const state = z.enum(['prepared', 'submitted', 'done', 'failed'])

function json<Parsed>(schema: z.ZodType<Parsed>): z.ZodType<Parsed> {
  return z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(schema)
}

function optionalJson<Parsed>(schema: z.ZodType<Parsed>): z.ZodType<Parsed | undefined> {
  return z
    .string()
    .nullable()
    .transform((text): unknown => (text === null ? undefined : JSON.parse(text)))
    .pipe(z.union([z.undefined(), schema]))
}

const proof = z.object({
  keysetId: z.string(),
  amountSat: amount,
  secret: z.string(),
  C: z.string(),
  dleq: z.object({ e: z.string(), s: z.string(), r: z.string() }).exactOptional(),
  witness: z.string().exactOptional(),
})
const output = z.object({
  keysetId: z.string(),
  amountSat: amount,
  B_: z.string(),
  secret: z.string(),
  r: z.string(),
  role: z.enum(['keep', 'send']),
})
const plan = z.object({
  ownInputs: z.boolean(),
  send: z
    .object({
      sat: amount,
      addReceiverFee: z.boolean(),
      lock: z
        .object({
          pubkey: z.string(),
          locktime: z.number().exactOptional(),
          refundPubkey: z.string().exactOptional(),
        })
        .exactOptional(),
    })
    .nullish()
    .transform((send) => send ?? undefined),
})
const quote = z.object({
  id: z.string(),
  invoice: z.string(),
  amountSat: amount,
  expiresAt: z
    .number()
    .nullish()
    .transform((value) => value ?? undefined),
  keyIndex: z
    .number()
    .nullish()
    .transform((value) => value ?? undefined),
})
const effect = z.object({
  name: z.string(),
  args: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
})
const result = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('done'),
    operationId: z.string(),
    amountSat: amount,
    feeSat: amount,
    token: z.string().exactOptional(),
    signatures: z.array(z.string()).exactOptional(),
  }),
  z.object({
    status: z.literal('failed'),
    operationId: z.string(),
    reason: z.enum(['spent', 'refused', 'late']),
    detail: z.string(),
  }),
])

/** A value as JSON text, bigints as decimal strings. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part))
}

export const operationRow = z
  .object({
    id: z.string(),
    kind,
    state,
    mint: mintUrl,
    unit: z.string(),
    amount_sat: z.bigint(),
    fee_sat: z.bigint(),
    order_id: orderId,
    inputs: json(z.array(proof)),
    plan: json(plan),
    quote: optionalJson(quote),
    effect: optionalJson(effect),
    owner: z.string(),
    result: optionalJson(result),
    capture_before: optionalNumber,
    lock_ends_at: optionalNumber,
    created_at: sqlNumber,
    updated_at: sqlNumber,
  })
  .transform((row): Operation => ({
    id: row.id,
    kind: row.kind,
    state: row.state,
    mint: row.mint,
    unit: row.unit,
    amountSat: row.amount_sat,
    feeSat: row.fee_sat,
    orderId: row.order_id,
    inputs: row.inputs,
    plan: row.plan,
    quote: row.quote,
    effect: row.effect,
    owner: row.owner,
    result: row.result,
    captureBefore: row.capture_before,
    lockEndsAt: row.lock_ends_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }))

export const attemptRow = z
  .object({
    number: sqlNumber,
    outputs: json(z.array(output)),
    fee_sat: z.bigint(),
    may_land_until: sqlNumber,
  })
  .transform((row): Attempt => ({
    number: row.number,
    outputs: row.outputs,
    feeSat: row.fee_sat,
    mayLandUntil: row.may_land_until,
  }))

export const historyRow = z
  .object({
    id: z.string(),
    kind,
    state,
    mint: mintUrl,
    amount_sat: z.bigint(),
    fee_sat: z.bigint(),
    order_id: orderId,
    created_at: sqlNumber,
    updated_at: sqlNumber,
  })
  .transform((row) => ({
    operationId: row.id,
    kind: row.kind,
    state: row.state,
    mint: row.mint,
    amountSat: row.amount_sat,
    feeSat: row.fee_sat,
    orderId: row.order_id,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }))

export const keysetRow = z
  .object({
    id: z.string(),
    unit: z.string(),
    active: sqlBoolean,
    fee_ppk: sqlNumber,
    final_expiry: optionalNumber,
  })
  .transform((row): Keyset => ({
    id: row.id,
    unit: row.unit,
    active: row.active,
    feePpk: row.fee_ppk,
    finalExpiry: row.final_expiry,
  }))

export const keysRow = z.object({ keys: optionalJson(z.record(z.string(), z.string())) })

export const mintRow = z
  .object({
    url: mintUrl,
    trusted: sqlBoolean,
    info: optionalJson(
      z.object({
        name: z
          .string()
          .nullish()
          .transform((value) => value ?? undefined),
        nuts: z.array(z.number()),
      }),
    ),
    keysets_seen_at: optionalNumber,
  })
  .transform((row): StoredMint => ({
    url: row.url,
    trusted: row.trusted,
    info: row.info,
    keysetsSeenAt: row.keysets_seen_at,
  }))

export const coinRow = z
  .object({ y: z.string(), proof: json(proof) })
  .transform((row): Coin => ({ y: row.y, proof: row.proof }))

export const coinSumRow = z.object({ mint: mintUrl, available: z.bigint(), reserved: z.bigint() })
export const pendingRow = z.object({ mint: mintUrl, pending: z.bigint() })

export const unsettledRow = z.object({ mint: mintUrl, locktime: sqlNumber, ys: json(z.array(z.string())) })

export const keyRow = z
  .object({ role: z.enum(['payment', 'refund', 'quote']), idx: sqlNumber, pubkey: z.string() })
  .transform((row): StoredKey => ({ role: row.role, index: row.idx, pubkey: row.pubkey }))

export const claimRow = z
  .object({ y: z.string(), sender: z.string(), order_id: z.string(), until: optionalNumber })
  .transform((row): Claim => ({ y: row.y, sender: row.sender, orderId: row.order_id, until: row.until }))

export const fateRow = z
  .object({ y: z.string(), fate: z.enum(['captured', 'released']), operation_id: z.string() })
  .transform((row): ProofFate => ({ y: row.y, fate: row.fate, operationId: row.operation_id }))
