// How do the wallet's rows of mints, coins, keys and claims become its types?
import * as z from 'zod'
import type { Keyset } from '../wallet/ecash-port.ts'
import type { Claim, Coin, ProofFate, StoredKey, StoredMint } from '../wallet/ports.ts'
import { sqlBoolean, sqlNumber } from './sql-types.ts'
import { json, mintUrl, optionalJson, optionalNumber, proof } from './wallet-columns.ts'

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
