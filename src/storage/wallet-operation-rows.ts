// How do the rows of the wallet's journal become operations?
import * as z from 'zod'
import type { Attempt, Operation } from '../wallet/ports.ts'
import { sqlNumber } from './sql-types.ts'
import { amount, json, mintUrl, optionalJson, optionalNumber, orderId, proof } from './wallet-columns.ts'

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
  'restore',
])
const state = z.enum(['prepared', 'submitted', 'done', 'failed'])

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
