// How does the wallet's store change? Only inside a transaction, and never by deleting.
import { PaygressError } from '../core/errors.ts'
import type { Operation, WalletWriter } from '../wallet/ports.ts'
import type { SqlValue, SqlWriter } from './sql.ts'
import { nextCounter, walletReader } from './wallet-reader.ts'
import { toJson } from './wallet-columns.ts'

/** Writes the wallet's tables through one open transaction. */
export function walletWriter(sql: SqlWriter): WalletWriter {
  const markCoins = (
    ys: readonly string[],
    state: string,
    from: string,
    operationId: string | null,
  ): void => {
    for (const y of ys) {
      const { changes } = sql.run(
        'UPDATE wallet_coin SET state = ?, taken_by = coalesce(?, taken_by) WHERE y = ? AND state = ?',
        [state, operationId, y, from],
      )
      if (changes !== 1) throw new PaygressError('internal', `a coin is not ${from}`)
    }
  }

  return {
    ...walletReader(sql),
    saveWords: (words, given) =>
      void sql.run('INSERT INTO wallet_words (id, words, given) VALUES (1, ?, ?) ON CONFLICT DO NOTHING', [
        words,
        given ? 1 : 0,
      ]),
    saveSearched: (keysetId) =>
      void sql.run('INSERT INTO wallet_searched (keyset_id) VALUES (?) ON CONFLICT DO NOTHING', [keysetId]),
    saveMint: ({ url, trusted, info, keysetsSeenAt }) =>
      void sql.run(
        `INSERT INTO wallet_mint (url, trusted, info, keysets_seen_at) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET trusted = excluded.trusted, info = excluded.info`,
        [url, trusted ? 1 : 0, info === undefined ? null : toJson(info), keysetsSeenAt ?? null],
      ),
    saveKeysets: (mint, keysets, seenAt) => {
      // What it does not name any more it signs with no longer; its keys are kept for the coins.
      sql.run('UPDATE wallet_keyset SET active = 0 WHERE mint = ?', [mint])
      for (const { id, unit, active, feePpk, finalExpiry } of keysets) {
        sql.run(
          `INSERT INTO wallet_keyset (mint, id, unit, active, fee_ppk, final_expiry) VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET unit = excluded.unit, active = excluded.active, fee_ppk = excluded.fee_ppk,
             final_expiry = excluded.final_expiry`,
          [mint, id, unit, active ? 1 : 0, feePpk, finalExpiry ?? null],
        )
      }
      sql.run(
        `INSERT INTO wallet_mint (url, trusted, keysets_seen_at) VALUES (?, 0, ?)
         ON CONFLICT DO UPDATE SET keysets_seen_at = excluded.keysets_seen_at`,
        [mint, seenAt],
      )
    },
    saveKeys: (mint, keysetId, keys) =>
      void sql.run('UPDATE wallet_keyset SET keys = ? WHERE mint = ? AND id = ?', [
        toJson(keys),
        mint,
        keysetId,
      ]),
    takeCounters: (keysetId, count) => {
      const first = nextCounter(sql, keysetId)
      sql.run(
        'INSERT INTO wallet_counter (keyset_id, next) VALUES (?, ?) ON CONFLICT DO UPDATE SET next = excluded.next',
        [keysetId, first + count],
      )
      return first
    },
    addCoins: (mint, coins, operationId) => {
      for (const { y, proof } of coins) {
        sql.run(
          `INSERT INTO wallet_coin (y, mint, keyset_id, amount_sat, proof, state, made_by)
           VALUES (?, ?, ?, ?, ?, 'unspent', ?)`,
          [y, mint, proof.keysetId, proof.amountSat, toJson(proof), operationId],
        )
      }
    },
    reserveCoins: (ys, operationId) => markCoins(ys, 'reserved', 'unspent', operationId),
    spendCoins: (ys) => markCoins(ys, 'spent', 'reserved', null),
    freeCoins: (ys) => markCoins(ys, 'unspent', 'reserved', null),
    dropCoins: (ys, operationId) => {
      for (const y of ys)
        sql.run("UPDATE wallet_coin SET state = 'spent', taken_by = ? WHERE y = ? AND state = 'unspent'", [
          operationId,
          y,
        ])
    },
    insertOperation: (operation, inputYs) => {
      insertOperation(sql, operation)
      for (const y of inputYs) {
        sql.run('INSERT INTO wallet_input (y, operation_id) VALUES (?, ?)', [y, operation.id])
      }
    },
    updateOperation: (id, from, to) => {
      const { changes } = sql.run(
        `UPDATE wallet_operation SET state = ?, owner = ?, updated_at = ?, amount_sat = coalesce(?, amount_sat),
           fee_sat = coalesce(?, fee_sat), inputs = coalesce(?, inputs), result = coalesce(?, result)
         WHERE id = ? AND state = ? AND owner = ?`,
        [
          to.state,
          to.owner,
          to.updatedAt,
          to.amountSat ?? null,
          to.feeSat ?? null,
          optional(to.inputs),
          optional(to.result),
          id,
          from.state,
          from.owner,
        ],
      )
      return changes === 1
    },
    saveAttempt: (operationId, { number, outputs, feeSat, mayLandUntil }) =>
      void sql.run(
        `INSERT INTO wallet_attempt (operation_id, number, outputs, fee_sat, may_land_until) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET may_land_until = excluded.may_land_until`,
        [operationId, number, toJson(outputs), feeSat, mayLandUntil],
      ),
    settleTokens: (ys) => {
      for (const y of ys) sql.run('UPDATE wallet_token_proof SET settled = 1 WHERE y = ?', [y])
    },
    settleTokensOf: (orderId) =>
      void sql.run(
        `UPDATE wallet_token_proof SET settled = 1
         WHERE operation_id IN (SELECT id FROM wallet_operation WHERE order_id = ? AND kind IN ('lock', 'send'))`,
        [orderId],
      ),
    addTokenYs: (operationId, ys) => {
      for (const y of ys) {
        sql.run('INSERT INTO wallet_token_proof (y, operation_id, settled) VALUES (?, ?, 0)', [
          y,
          operationId,
        ])
      }
    },
    saveKey: ({ role, index, pubkey }) =>
      void sql.run('INSERT INTO wallet_key (role, idx, pubkey) VALUES (?, ?, ?)', [role, index, pubkey]),
    saveClaim: ({ y, sender, orderId, until }) =>
      void sql.run(
        `INSERT INTO wallet_claim (y, sender, order_id, until) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET sender = excluded.sender, order_id = excluded.order_id, until = excluded.until`,
        [y, sender, orderId, until ?? null],
      ),
    saveFate: ({ y, fate, operationId }) =>
      void sql.run('INSERT INTO wallet_fate (y, fate, operation_id) VALUES (?, ?, ?)', [
        y,
        fate,
        operationId,
      ]),
  }
}

function insertOperation(sql: SqlWriter, operation: Operation): void {
  sql.run(
    `INSERT INTO wallet_operation (id, kind, state, mint, unit, amount_sat, fee_sat, order_id, inputs, plan, quote,
       effect, owner, result, capture_before, lock_ends_at, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      operation.id,
      operation.kind,
      operation.state,
      operation.mint,
      operation.unit,
      operation.amountSat,
      operation.feeSat,
      operation.orderId ?? null,
      toJson(operation.inputs),
      toJson(operation.plan),
      optional(operation.quote),
      optional(operation.effect),
      operation.owner,
      optional(operation.result),
      operation.captureBefore ?? null,
      operation.lockEndsAt ?? null,
      operation.createdAt,
      operation.updatedAt,
    ],
  )
}

function optional(value: unknown): SqlValue {
  return value === undefined ? null : toJson(value)
}
