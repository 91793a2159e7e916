// How do a mint's records look as rows of its file? One table per record, amounts as integers of the unit.
import * as z from 'zod'
import type { Migration } from '../../storage/migrate.ts'
import { sqlBoolean, sqlNumber } from '../../storage/sql-types.ts'
import type {
  StoredKeyset,
  StoredMeltQuote,
  StoredMintQuote,
  StoredProof,
  StoredSignature,
  UnitSums,
} from './mint-store.ts'

/** "PGmt": a paygress mint. */
export const MINT_FILE_ID = 0x50476d74

export const MINT_MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    up: `
CREATE TABLE keysets (id TEXT PRIMARY KEY, unit TEXT NOT NULL, input_fee_ppk INTEGER NOT NULL, final_expiry INTEGER,
  active INTEGER NOT NULL, public_keys TEXT NOT NULL, private_keys TEXT NOT NULL) STRICT;
CREATE TABLE proofs (y TEXT PRIMARY KEY, keyset_id TEXT NOT NULL, unit TEXT NOT NULL, amount INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('PENDING', 'SPENT')), witness TEXT, melt_quote TEXT) STRICT;
CREATE INDEX proofs_of_melt ON proofs (melt_quote) WHERE melt_quote IS NOT NULL;
CREATE TABLE signatures (b TEXT PRIMARY KEY, keyset_id TEXT NOT NULL, unit TEXT NOT NULL, amount INTEGER NOT NULL,
  c TEXT NOT NULL, e TEXT NOT NULL, s TEXT NOT NULL) STRICT;
CREATE TABLE mint_quotes (id TEXT PRIMARY KEY, request TEXT NOT NULL UNIQUE, payment_hash TEXT NOT NULL, preimage TEXT NOT NULL,
  unit TEXT NOT NULL, amount INTEGER NOT NULL, state TEXT NOT NULL CHECK (state IN ('UNPAID', 'PAID', 'ISSUED')),
  created_at_ms INTEGER NOT NULL, expiry INTEGER NOT NULL, pubkey TEXT) STRICT;
CREATE TABLE melt_quotes (id TEXT PRIMARY KEY, request TEXT NOT NULL, unit TEXT NOT NULL, amount INTEGER NOT NULL,
  fee_reserve INTEGER NOT NULL, fee_paid INTEGER NOT NULL, state TEXT NOT NULL CHECK (state IN ('UNPAID', 'PENDING', 'PAID')),
  expiry INTEGER NOT NULL, preimage TEXT, started_at_ms INTEGER, paid_in INTEGER NOT NULL, blanks TEXT NOT NULL, change TEXT NOT NULL) STRICT;
CREATE INDEX pending_melts ON melt_quotes (state) WHERE state = 'PENDING';`,
  },
]

const keys = z.string().transform((text) => z.record(z.string(), z.string()).parse(JSON.parse(text)))

export const keysetRow = z
  .object({
    id: z.string(),
    unit: z.string(),
    input_fee_ppk: sqlNumber,
    final_expiry: sqlNumber.nullable(),
    active: sqlBoolean,
    public_keys: keys,
    private_keys: keys,
  })
  .transform((row): StoredKeyset => ({
    id: row.id,
    unit: row.unit,
    inputFeePpk: row.input_fee_ppk,
    finalExpiry: row.final_expiry,
    active: row.active,
    publicKeys: row.public_keys,
    privateKeys: row.private_keys,
  }))

const ecash = { keyset_id: z.string(), unit: z.string(), amount: z.bigint() }

export const proofRow = z
  .object({
    ...ecash,
    y: z.string(),
    state: z.enum(['PENDING', 'SPENT']),
    witness: z.string().nullable(),
    melt_quote: z.string().nullable(),
  })
  .transform(({ keyset_id: keysetId, melt_quote: meltQuote, ...row }): StoredProof => ({
    ...row,
    keysetId,
    meltQuote,
  }))

export const signatureRow = z
  .object({ ...ecash, b: z.string(), c: z.string(), e: z.string(), s: z.string() })
  .transform(({ keyset_id: keysetId, b: B_, c: C_, ...row }): StoredSignature => ({
    ...row,
    keysetId,
    B_,
    C_,
  }))

const quote = { id: z.string(), request: z.string(), unit: z.string(), amount: z.bigint(), expiry: sqlNumber }

export const mintQuoteRow = z
  .object({
    ...quote,
    payment_hash: z.string(),
    preimage: z.string(),
    state: z.enum(['UNPAID', 'PAID', 'ISSUED']),
    created_at_ms: sqlNumber,
    pubkey: z.string().nullable(),
  })
  .transform(({ payment_hash: paymentHash, created_at_ms: createdAtMs, ...row }): StoredMintQuote => ({
    ...row,
    paymentHash,
    createdAtMs,
  }))

const blanks = z.array(z.object({ B_: z.string(), keysetId: z.string() }))

export const meltQuoteRow = z
  .object({
    ...quote,
    fee_reserve: z.bigint(),
    fee_paid: z.bigint(),
    state: z.enum(['UNPAID', 'PENDING', 'PAID']),
    preimage: z.string().nullable(),
    started_at_ms: sqlNumber.nullable(),
    paid_in: z.bigint(),
    blanks: z.string().transform((text) => blanks.parse(JSON.parse(text))),
    change: z.string().transform((text) => z.array(z.string()).parse(JSON.parse(text))),
  })
  .transform(
    ({
      fee_reserve: feeReserve,
      fee_paid: feePaid,
      started_at_ms: startedAtMs,
      paid_in: paidIn,
      ...row
    }): StoredMeltQuote => ({
      ...row,
      feeReserve,
      feePaid,
      startedAtMs,
      paidIn,
    }),
  )

export const sumsRow: z.ZodType<UnitSums> = z.object({
  issued: z.bigint(),
  spent: z.bigint(),
  pending: z.bigint(),
  minted: z.bigint(),
  melted: z.bigint(),
})
