// Which gift wraps were dealt with? Kept for as long as relays send them again after a restart.
import type { Clock } from '../core/clock.ts'
import type { Database, SqlTransaction } from './database.ts'

/** Wraps are dated back by up to two days and asked for from 49 hours back; a margin on top, in milliseconds. */
const KEPT_MS = 5 * 24 * 60 * 60 * 1000

const PRUNED_EVERY_MS = 60 * 60 * 1000

/** The set of handled wraps; forgets old ones when it is opened and, while new ones come, every hour. */
export function handledWraps(
  database: Database,
  clock: Clock,
): { has(wrapId: string): boolean; add(wrapId: string): void } {
  let prunedAt = 0
  const prune = (tx: SqlTransaction): void => {
    const now = clock.now()
    if (now < prunedAt + PRUNED_EVERY_MS) return
    tx.run('DELETE FROM ledger_wraps WHERE at < ?', [now - KEPT_MS])
    prunedAt = now
  }
  database.transaction(prune)
  return {
    has: (wrapId) => database.get('SELECT 1 FROM ledger_wraps WHERE id = ?', [wrapId]) !== undefined,
    add: (wrapId) => {
      database.transaction((tx) => {
        prune(tx)

        tx.run('INSERT INTO ledger_wraps (id, at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING', [
          wrapId,
          clock.now(),
        ])
      })
    },
  }
}
