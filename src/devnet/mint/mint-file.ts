// Where does a mint remember what must survive a restart? In one SQLite file, private keys included.
import type * as z from 'zod'
import { openDatabase } from '../../storage/database.ts'
import type { SqlReader, SqlWriter } from '../../storage/sql.ts'
import {
  keysetRow,
  meltQuoteRow,
  MINT_FILE_ID,
  MINT_MIGRATIONS,
  mintQuoteRow,
  proofRow,
  signatureRow,
  sumsRow,
} from './mint-file-rows.ts'
import type { MintRecords, MintStore, MintTransaction } from './mint-store.ts'

/** Opens or creates a mint's file; `readOnly` is for those who only check its books. Throws what `openDatabase` throws. */
export function openMintFile(path: string, options: { readOnly?: boolean } = {}): MintStore {
  const database = openDatabase(path, {
    applicationId: MINT_FILE_ID,
    migrations: MINT_MIGRATIONS,
    readOnly: options.readOnly ?? false,
  })
  return {
    ...recordsOn(database),
    transaction: (work) => database.transaction((tx) => work({ ...recordsOn(tx), ...writesOn(tx) })),
    close: () => database.close(),
  }
}

function recordsOn(sql: SqlReader): MintRecords {
  const one = <Row>(schema: z.ZodType<Row>, query: string, key: string): Row | undefined => {
    const row = sql.get(query, [key])
    return row === undefined ? undefined : schema.parse(row)
  }
  const many = <Row>(schema: z.ZodType<Row>, query: string, params: readonly string[] = []): Row[] =>
    sql.all(query, params).map((row) => schema.parse(row))
  return {
    keysets: () => many(keysetRow, 'SELECT * FROM keysets ORDER BY rowid'),
    proof: (y) => one(proofRow, 'SELECT * FROM proofs WHERE y = ?', y),
    proofsOfMelt: (id) => many(proofRow, 'SELECT * FROM proofs WHERE melt_quote = ?', [id]),
    signature: (B_) => one(signatureRow, 'SELECT * FROM signatures WHERE b = ?', B_),
    mintQuote: (id) => one(mintQuoteRow, 'SELECT * FROM mint_quotes WHERE id = ?', id),
    mintQuoteByRequest: (request) =>
      one(mintQuoteRow, 'SELECT * FROM mint_quotes WHERE request = ?', request),
    meltQuote: (id) => one(meltQuoteRow, 'SELECT * FROM melt_quotes WHERE id = ?', id),
    pendingMelts: () => many(meltQuoteRow, "SELECT * FROM melt_quotes WHERE state = 'PENDING'"),
    sums: (unit) =>
      sumsRow.parse(
        sql.get(
          `SELECT (SELECT coalesce(sum(amount), 0) FROM signatures WHERE unit = :unit) AS issued,
            (SELECT coalesce(sum(amount), 0) FROM proofs WHERE unit = :unit AND state = 'SPENT') AS spent,
            (SELECT coalesce(sum(amount), 0) FROM proofs WHERE unit = :unit AND state = 'PENDING') AS pending,
            (SELECT coalesce(sum(amount), 0) FROM mint_quotes WHERE unit = :unit AND state = 'ISSUED') AS minted,
            (SELECT coalesce(sum(amount + fee_paid), 0) FROM melt_quotes WHERE unit = :unit AND state = 'PAID') AS melted`,
          { unit },
        ),
      ),
  }
}

type MintWrites = Omit<MintTransaction, keyof MintRecords>

function writesOn(sql: SqlWriter): MintWrites {
  return {
    saveKeyset: (keyset) =>
      void sql.run('INSERT OR REPLACE INTO keysets VALUES (?, ?, ?, ?, ?, ?, ?)', [
        keyset.id,
        keyset.unit,
        keyset.inputFeePpk,
        keyset.finalExpiry,
        keyset.active ? 1 : 0,
        JSON.stringify(keyset.publicKeys),
        JSON.stringify(keyset.privateKeys),
      ]),
    saveProof: (proof) =>
      void sql.run('INSERT OR REPLACE INTO proofs VALUES (?, ?, ?, ?, ?, ?, ?)', [
        proof.y,
        proof.keysetId,
        proof.unit,
        proof.amount,
        proof.state,
        proof.witness,
        proof.meltQuote,
      ]),
    releaseProofs: (id) => void sql.run('DELETE FROM proofs WHERE melt_quote = ?', [id]),
    saveSignature: ({ B_, keysetId, unit, amount, C_, e, s }) =>
      void sql.run('INSERT INTO signatures VALUES (?, ?, ?, ?, ?, ?, ?)', [
        B_,
        keysetId,
        unit,
        amount,
        C_,
        e,
        s,
      ]),
    saveMintQuote: (quote) =>
      void sql.run('INSERT OR REPLACE INTO mint_quotes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', [
        quote.id,
        quote.request,
        quote.paymentHash,
        quote.preimage,
        quote.unit,
        quote.amount,
        quote.state,
        quote.createdAtMs,
        quote.expiry,
        quote.pubkey,
      ]),
    saveMeltQuote: (quote) =>
      void sql.run('INSERT OR REPLACE INTO melt_quotes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', [
        quote.id,
        quote.request,
        quote.unit,
        quote.amount,
        quote.feeReserve,
        quote.feePaid,
        quote.state,
        quote.expiry,
        quote.preimage,
        quote.startedAtMs,
        quote.paidIn,
        JSON.stringify(quote.blanks),
        JSON.stringify(quote.change),
      ]),
  }
}
