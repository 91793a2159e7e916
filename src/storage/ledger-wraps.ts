// Which gift wraps were dealt with? Kept for as long as relays send them again after a restart.
import type { Clock } from '../core/clock.ts'
import type { Database } from './database.ts'

/** Wraps are dated back by up to two days and asked for from 49 hours back; a margin on top, in milliseconds. */
const KEPT_MS = 5 * 24 * 60 * 60 * 1000

/** The set of handled wraps; forgets old ones when it is opened. */
export function handledWraps(
  database: Database,
  clock: Clock,
): { has(wrapId: string): boolean; add(wrapId: string): void } {
  database.transaction((tx) => tx.run('DELETE FROM ledger_wraps WHERE at < ?', [clock.now() - KEPT_MS]))
  return {
    has: (wrapId) => database.get('SELECT 1 FROM ledger_wraps WHERE id = ?', [wrapId]) !== undefined,
    add: (wrapId) => {
      database.transaction((tx) =>
        tx.run('INSERT INTO ledger_wraps (id, at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING', [
          wrapId,
          clock.now(),
        ]),
      )
    },
  }
}
