// How does the relay keep its events over a restart? In one SQLite file.
import * as z from 'zod'
import { parseEvent, type NostrEvent } from '../../nostr/verify-event.ts'
import type { Database, Migration, SqlTransaction } from '../../storage/database.ts'
import { addressOf, deletionsOf, expiresAt } from './event-rules.ts'
import { isDeletedBy, isNewer, mayDelete, type EventStore } from './event-store.ts'
import { filterMatches, type Filter } from './filter.ts'

/** Tells a relay's file from every other SQLite file (`openDatabase`). */
export const RELAY_APPLICATION_ID = 0x70_67_72_6c

/** For `openDatabase`. */
export const RELAY_MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    up: `
      CREATE TABLE event (
        id TEXT PRIMARY KEY,
        pubkey TEXT NOT NULL,
        kind INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        expires_at INTEGER,
        address TEXT UNIQUE,
        json TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX event_by_time ON event (kind, created_at);
      CREATE INDEX event_by_expiry ON event (expires_at) WHERE expires_at IS NOT NULL;
      CREATE TABLE deletion (
        author TEXT NOT NULL,
        target TEXT NOT NULL,
        until INTEGER,
        PRIMARY KEY (author, target)
      ) STRICT, WITHOUT ROWID;`,
  },
]

const eventRow = z.object({ json: z.string() })
const deletionRow = z.object({ until: z.bigint().nullable() })

/** An EventStore on a database opened with the id and migrations above; the caller closes it. */
export function sqliteEventStore(database: Database): EventStore {
  return {
    save: (event, nowSec) =>
      database.transaction((tx) => {
        tx.run('DELETE FROM event WHERE expires_at <= ?', [nowSec])
        if (tx.get('SELECT 1 FROM event WHERE id = ?', [event.id]) !== undefined) return 'duplicate'
        if (wasDeleted(tx, event)) return 'deleted'
        const address = addressOf(event)
        const current = address === undefined ? undefined : eventAt(tx, address)
        if (current !== undefined && !isNewer(event, current)) return 'superseded'
        if (current !== undefined) tx.run('DELETE FROM event WHERE id = ?', [current.id])
        insert(tx, event, address)
        for (const deletion of deletionsOf(event)) {
          const until = Number.isFinite(deletion.until) ? deletion.until : null
          tx.run(
            `INSERT INTO deletion VALUES (:author, :target, :until)
             ON CONFLICT DO UPDATE SET until = max(until, excluded.until)`,
            { author: deletion.author, target: deletion.target, until },
          )
          const target = eventAt(tx, deletion.target)
          if (target !== undefined && isDeletedBy(target, deletion))
            tx.run('DELETE FROM event WHERE id = ?', [target.id])
        }
        return 'stored'
      }),
    query: (filter, limit, nowSec) => {
      const found: NostrEvent[] = []
      for (const row of database.all(...selection(filter, nowSec))) {
        if (found.length >= limit) break
        const event = readEvent(row)
        if (event !== undefined && filterMatches(filter, event)) found.push(event)
      }
      return found
    },
  }
}

function insert(tx: SqlTransaction, event: NostrEvent, address: string | undefined): void {
  const expiry = expiresAt(event)
  tx.run('INSERT INTO event VALUES (:id, :pubkey, :kind, :created_at, :expires_at, :address, :json)', {
    id: event.id,
    pubkey: event.pubkey,
    kind: event.kind,
    created_at: event.created_at,
    expires_at: Number.isFinite(expiry) ? expiry : null,
    address: address ?? null,
    json: JSON.stringify(event),
  })
}

/** The event with this id, or at this address. */
function eventAt(tx: SqlTransaction, target: string): NostrEvent | undefined {
  return readEvent(tx.get('SELECT json FROM event WHERE id = ? OR address = ?', [target, target]))
}

function wasDeleted(tx: SqlTransaction, event: NostrEvent): boolean {
  const targets = [event.id, addressOf(event)].filter((target) => target !== undefined)
  return targets.some((target) =>
    mayDelete(event).some((author) => {
      const row = tx.get('SELECT until FROM deletion WHERE author = ? AND target = ?', [author, target])
      if (row === undefined) return false
      const until = deletionRow.parse(row).until
      return isDeletedBy(event, { author, target, until: until === null ? Infinity : Number(until) })
    }),
  )
}

/** What the indexes can narrow down, newest first; the filter decides about the rest. */
function selection(filter: Filter, nowSec: number): [sql: string, params: (string | number)[]] {
  const conditions = ['(expires_at IS NULL OR expires_at > ?)', 'created_at BETWEEN ? AND ?']
  const params: (string | number)[] = [nowSec, filter.since ?? 0, filter.until ?? Number.MAX_SAFE_INTEGER]
  for (const [column, values] of [
    ['kind', filter.kinds],
    ['id', filter.ids],
    ['pubkey', filter.authors],
  ] as const) {
    if (values === undefined) continue
    conditions.push(`${column} IN (${values.map(() => '?').join(', ')})`)
    params.push(...values)
  }
  const where = conditions.join(' AND ')
  return [`SELECT json FROM event WHERE ${where} ORDER BY created_at DESC, id ASC`, params]
}

function readEvent(row: unknown): NostrEvent | undefined {
  if (row === undefined) return undefined
  const parsed = parseEvent(JSON.parse(eventRow.parse(row).json))
  return parsed.ok ? parsed.event : undefined
}
