// Where are a provider's orders, leases and books kept? In the profile's database, beside the wallet's journal.
import * as z from 'zod'
import type { Ledger } from '../provider/ports.ts'
import {
  readCredit,
  readLease,
  readLeaseId,
  readOrder,
  readOutbox,
  readSpecCount,
  readSpecId,
} from './ledger-rows.ts'
import type { SqlReader } from './sql.ts'
import { sqlOf } from './sql-transaction.ts'
import { sqlNumber } from './sql-types.ts'

/** The ledger on a database that has `ledgerSchema`. */
export function createLedger(database: SqlReader): Ledger {
  return { ...orders(database), ...leases(database), ...outbox(database), ...notes(database) }
}

type Orders = Pick<
  Ledger,
  'order' | 'ordersById' | 'openOrders' | 'openSpawnSpecs' | 'openLeaseIds' | 'putOrder' | 'forgetRefusals'
>

/** Requests are taken for 48 hours. */
const REFUSAL_KEPT_MS = 49 * 60 * 60 * 1000
const FORGOTTEN_EVERY_MS = 60 * 60 * 1000

function orders(database: SqlReader): Orders {
  let forgottenAt = 0
  return {
    forgetRefusals: (tx, now) => {
      if (now < forgottenAt + FORGOTTEN_EVERY_MS) return
      sqlOf(tx).run(
        `DELETE FROM ledger_orders WHERE state = 'refused' AND open = 0 AND created_at < ?
         AND CASE WHEN json_valid(body) THEN body ->> '$.kind' = 'refusal' AND body ->> '$.token' IS NULL ELSE 0 END
         AND key NOT IN (SELECT order_key FROM ledger_outbox)`,
        [now - REFUSAL_KEPT_MS],
      )
      forgottenAt = now
    },
    order: (key) => maybe(database.get('SELECT * FROM ledger_orders WHERE key = ?', [key]), readOrder),
    ordersById: (orderId) =>
      database.all('SELECT * FROM ledger_orders WHERE order_id = ?', [orderId]).map(readOrder),
    openOrders: () =>
      database.all('SELECT * FROM ledger_orders WHERE open = 1 ORDER BY created_at, rowid').map(readOrder),
    openSpawnSpecs: () =>
      database
        .all(
          "SELECT spec_id FROM ledger_orders WHERE open = 1 AND type = 'spawn' AND state <> 'refunding' AND spec_id IS NOT NULL",
        )
        .map(readSpecId),
    openLeaseIds: () =>
      database
        .all('SELECT lease_id FROM ledger_orders WHERE open = 1 AND lease_id IS NOT NULL')
        .map(readLeaseId),
    putOrder: (tx, row) => {
      sqlOf(tx).run(
        `INSERT INTO ledger_orders (key, sender, type, order_id, fingerprint, state, open, lease_id, spec_id, body, reply, created_at)
         VALUES (:key, :sender, :type, :orderId, :fingerprint, :state, :open, :leaseId, :specId, :body, :reply, :createdAt)
         ON CONFLICT (key) DO UPDATE SET state = excluded.state, open = excluded.open, lease_id = excluded.lease_id,
           body = excluded.body, reply = excluded.reply`,
        {
          ...row,
          open: row.open ? 1 : 0,
          leaseId: row.leaseId ?? null,
          specId: row.specId ?? null,
          reply: row.reply ?? null,
        },
      )
    },
  }
}

type Leases = Pick<
  Ledger,
  | 'lease'
  | 'leaseOfPod'
  | 'leasesIn'
  | 'runningLeases'
  | 'leasesOwedAnEnd'
  | 'runningBySpec'
  | 'putLease'
  | 'credits'
  | 'addCredit'
>

function leases(database: SqlReader): Leases {
  return {
    lease: (id) => maybe(database.get('SELECT * FROM ledger_leases WHERE lease_id = ?', [id]), readLease),
    leaseOfPod: (pod) =>
      maybe(
        database.get('SELECT * FROM ledger_leases WHERE pod_npub = :pod OR pod_name = :pod', { pod }),
        readLease,
      ),
    leasesIn: (state) =>
      database.all('SELECT * FROM ledger_leases WHERE state = ? ORDER BY rowid', [state]).map(readLease),
    runningLeases: () =>
      database
        .all("SELECT lease_id FROM ledger_leases WHERE state = 'running' ORDER BY rowid")
        .map(readLeaseId),
    leasesOwedAnEnd: () =>
      database
        .all(
          `SELECT lease_id FROM ledger_leases WHERE state = 'running'
           AND CASE WHEN json_valid(body) THEN body ->> '$.unreportedOwed' OR body ->> '$.outages.owed' ELSE 0 END
           ORDER BY rowid`,
        )
        .map(readLeaseId),
    runningBySpec: () =>
      new Map(
        database
          .all(
            "SELECT spec_id, count(*) AS count FROM ledger_leases WHERE state = 'running' GROUP BY spec_id",
          )
          .map(readSpecCount),
      ),
    putLease: (tx, row) => {
      sqlOf(tx).run(
        `INSERT INTO ledger_leases (lease_id, order_key, owner, pod_npub, pod_name, spec_id, state, paid_from, paid_until, rest_msat, body)
         VALUES (:leaseId, :orderKey, :owner, :podNpub, :podName, :specId, :state, :paidFrom, :paidUntil, :restMsat, :body)
         ON CONFLICT (lease_id) DO UPDATE SET state = excluded.state, paid_from = excluded.paid_from,
           paid_until = excluded.paid_until, rest_msat = excluded.rest_msat, body = excluded.body`,
        { ...row },
      )
    },
    credits: (leaseId) =>
      database
        .all('SELECT * FROM ledger_credits WHERE lease_id = ? ORDER BY rowid', [leaseId])
        .map(readCredit),
    addCredit: (tx, credit) => {
      sqlOf(tx).run(
        `INSERT INTO ledger_credits (lease_id, order_key, mint, amount_msat, at)
         VALUES (:leaseId, :orderKey, :mint, :amountMsat, :at)`,
        { ...credit },
      )
    },
  }
}

type Outbox = Pick<Ledger, 'outboxDue' | 'outboxNext' | 'outboxRow' | 'putOutbox' | 'dropOutbox'>

const earliest = z.object({ next_at: sqlNumber.nullable() })

function outbox(database: SqlReader): Outbox {
  return {
    outboxDue: (now, limit, kind) =>
      database
        .all(
          `SELECT ledger_outbox.* FROM ledger_outbox JOIN ledger_orders ON key = order_key
           WHERE next_at <= ? AND (attempts = 0 AND state <> 'refused') = ? ORDER BY next_at LIMIT ?`,
          [now, kind === 'first' ? 1 : 0, limit],
        )
        .map(readOutbox),
    outboxNext: () =>
      earliest.parse(database.get('SELECT min(next_at) AS next_at FROM ledger_outbox')).next_at ?? undefined,
    outboxRow: (key) =>
      maybe(database.get('SELECT * FROM ledger_outbox WHERE order_key = ?', [key]), readOutbox),
    putOutbox: (tx, row) => {
      sqlOf(tx).run(
        `INSERT INTO ledger_outbox (order_key, door, address, content, until, attempts, next_at)
         VALUES (:orderKey, :door, :address, :content, :until, :attempts, :nextAt)
         ON CONFLICT (order_key) DO UPDATE SET door = excluded.door, address = excluded.address, content = excluded.content,
           until = excluded.until, attempts = excluded.attempts, next_at = excluded.next_at`,
        { ...row },
      )
    },
    dropOutbox: (tx, key) => {
      sqlOf(tx).run('DELETE FROM ledger_outbox WHERE order_key = ?', [key])
    },
  }
}

const noteRow = z.object({ value: z.string() })

function notes(database: SqlReader): Pick<Ledger, 'note' | 'setNote'> {
  return {
    note: (name) =>
      maybe(database.get('SELECT value FROM ledger_notes WHERE name = ?', [name]), (row) =>
        noteRow.parse(row),
      )?.value,
    setNote: (tx, name, value) => {
      sqlOf(tx).run(
        'INSERT INTO ledger_notes (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
        [name, value],
      )
    },
  }
}

function maybe<Result>(row: unknown, read: (row: unknown) => Result): Result | undefined {
  return row === undefined ? undefined : read(row)
}
