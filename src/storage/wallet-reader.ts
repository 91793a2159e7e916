// What does the wallet's store answer? Statements over its tables, each row parsed.
import * as z from 'zod'
import type { WalletReader } from '../wallet/ports.ts'
import type { SqlParams, SqlReader } from './sql.ts'
import { sqlNumber } from './sql-types.ts'
import { attemptRow, historyRow, operationRow } from './wallet-operation-rows.ts'
import {
  claimRow,
  coinRow,
  coinSumRow,
  fateRow,
  keyRow,
  keysetRow,
  keysRow,
  mintRow,
  pendingRow,
  unsettledRow,
} from './wallet-rows.ts'

const wordsRow = z.object({ words: z.string() })
const OPEN = "state IN ('prepared', 'submitted')"

/** Reads the wallet's tables; inside a transaction it sees what that has written. */
export function walletReader(sql: SqlReader): WalletReader {
  function one<Row>(schema: z.ZodType<Row>, statement: string, params: SqlParams = []): Row | undefined {
    const row = sql.get(statement, params)
    return row === undefined ? undefined : schema.parse(row)
  }

  function many<Row>(schema: z.ZodType<Row>, statement: string, params: SqlParams = []): Row[] {
    return sql.all(statement, params).map((row) => schema.parse(row))
  }

  return {
    words: () => one(wordsRow, 'SELECT words FROM wallet_words')?.words,
    needsSearch: (keysetId) =>
      sql.get(
        `SELECT 1 AS yes FROM wallet_words WHERE given = 1
         AND NOT EXISTS (SELECT 1 FROM wallet_searched WHERE keyset_id = ?)`,
        [keysetId],
      ) !== undefined,
    counter: (keysetId) => nextCounter(sql, keysetId),
    mints: () => many(mintRow, 'SELECT * FROM wallet_mint ORDER BY url'),
    mint: (url) => one(mintRow, 'SELECT * FROM wallet_mint WHERE url = ?', [url]),
    keysets: (mint) =>
      many(
        keysetRow,
        // Without its keys, some kilobytes each: they are asked for once.
        'SELECT id, unit, active, fee_ppk, final_expiry FROM wallet_keyset WHERE mint = ? ORDER BY id',
        [mint],
      ),
    keys: (mint, keysetId) =>
      one(keysRow, 'SELECT keys FROM wallet_keyset WHERE mint = ? AND id = ?', [mint, keysetId])?.keys,
    coins: (mint) =>
      many(coinRow, "SELECT y, proof FROM wallet_coin WHERE mint = ? AND state = 'unspent' ORDER BY y", [
        mint,
      ]),
    hasCoin: (y) => sql.get('SELECT 1 FROM wallet_coin WHERE y = ?', [y]) !== undefined,
    coinSums: () =>
      many(
        coinSumRow,
        `SELECT mint, sum(iif(state = 'unspent', amount_sat, 0)) AS available,
           sum(iif(state = 'reserved', amount_sat, 0)) AS reserved
         FROM wallet_coin WHERE state <> 'spent' GROUP BY mint`,
      ).map(({ mint, available, reserved }) => ({ mint, availableSat: available, reservedSat: reserved })),
    pendingSums: () =>
      many(
        pendingRow,
        `SELECT mint, sum(amount_sat) AS pending FROM wallet_operation AS operation
         WHERE (state = 'submitted' AND kind IN ('fund', 'receive', 'capture', 'respend', 'reclaim'))
            OR (state = 'done' AND kind = 'lock' AND EXISTS (
                 SELECT 1 FROM wallet_token_proof WHERE operation_id = operation.id AND settled = 0))
         GROUP BY mint`,
      ).map(({ mint, pending }) => ({ mint, pendingSat: pending })),
    unsettledTokens: () =>
      many(
        unsettledRow,
        `SELECT operation.mint AS mint, json_extract(plan, '$.send.lock.locktime') AS locktime,
           json_group_array(y) AS ys
         FROM wallet_token_proof JOIN wallet_operation AS operation ON operation.id = operation_id
         WHERE settled = 0 AND operation.kind = 'lock' GROUP BY operation.id`,
      ),
    operation: (id) => one(operationRow, 'SELECT * FROM wallet_operation WHERE id = ?', [id]),
    attempts: (operationId) =>
      many(attemptRow, 'SELECT * FROM wallet_attempt WHERE operation_id = ? ORDER BY number', [operationId]),
    openOperations: () =>
      many(operationRow, `SELECT * FROM wallet_operation WHERE ${OPEN} ORDER BY created_at, id`),
    failedCaptures: (sinceMs) =>
      many(
        operationRow,
        `SELECT * FROM wallet_operation AS operation
         WHERE kind = 'capture' AND state = 'failed' AND created_at >= ?
           AND EXISTS (SELECT 1 FROM wallet_attempt WHERE operation_id = operation.id)
         ORDER BY created_at, id`,
        [sinceMs],
      ),
    operationByInput: (y) =>
      one(
        operationRow,
        `SELECT operation.* FROM wallet_input JOIN wallet_operation AS operation ON operation.id = operation_id
         WHERE y = ? ORDER BY operation.created_at DESC, operation.id LIMIT 1`,
        [y],
      ),
    history: (limit) =>
      many(historyRow, 'SELECT * FROM wallet_operation ORDER BY created_at DESC, id LIMIT ?', [limit]),
    keyByPubkey: (pubkey) =>
      one(keyRow, 'SELECT * FROM wallet_key WHERE substr(pubkey, 3) = ?', [pubkey.slice(2)]),
    key: (role, index) => one(keyRow, 'SELECT * FROM wallet_key WHERE role = ? AND idx = ?', [role, index]),
    newestKey: (role) =>
      one(keyRow, 'SELECT * FROM wallet_key WHERE role = ? ORDER BY idx DESC LIMIT 1', [role]),
    claim: (y) => one(claimRow, 'SELECT * FROM wallet_claim WHERE y = ?', [y]),
    fate: (y) => one(fateRow, 'SELECT * FROM wallet_fate WHERE y = ?', [y]),
  }
}

const nextRow = z.object({ next: sqlNumber })

/** The first free counter of a keyset. */
export function nextCounter(sql: SqlReader, keysetId: string): number {
  const row = sql.get('SELECT next FROM wallet_counter WHERE keyset_id = ?', [keysetId])
  return row === undefined ? 0 : nextRow.parse(row).next
}
