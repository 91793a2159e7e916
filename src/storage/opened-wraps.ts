// Which request does a gift wrap in a buyer's inbox answer? Remembered for as long as relays send it again, so that each is opened once.
import * as z from 'zod'
import type { Clock } from '../core/clock.ts'
import { PaygressError } from '../core/errors.ts'
import type { Database } from './database.ts'

/** Wraps are dated back by up to two days and asked for from 49 hours back; a margin on top, in milliseconds. */
const KEPT_MS = 5 * 24 * 60 * 60 * 1000

/** One migration. `answers` is the id of a rumor, empty where the message answers none. */
export const openedWrapsSchema = `
CREATE TABLE order_wraps (
  id TEXT PRIMARY KEY,
  answers TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX order_wraps_by_time ON order_wraps (at);
`

const wrapRow = z.object({ answers: z.string() })

export interface OpenedWraps {
  /** The request that this wrap answers, empty for none; undefined where it was not opened yet, or the disk does not tell. */
  answeredBy(wrapId: string): string | undefined
  /** Remembers; on disk only after `save`. */
  note(wrapId: string, answers: string): void
  /** Writes what is new and forgets what is old, where the disk lets it: what is lost is opened once more, and nothing worse. */
  save(): void
}

/** The wraps that this profile has opened. */
export function openedWraps(database: Database, clock: Clock): OpenedWraps {
  const fresh = new Map<string, string>()
  return {
    answeredBy: (wrapId) => {
      const known = fresh.get(wrapId)
      if (known !== undefined) return known
      const row = unlessItFails(() => database.get('SELECT answers FROM order_wraps WHERE id = ?', [wrapId]))
      return row === undefined ? undefined : wrapRow.parse(row).answers
    },
    note: (wrapId, answers) => void fresh.set(wrapId, answers),
    save: () => {
      if (fresh.size === 0) return
      unlessItFails(() => write(database, fresh, clock.now()))
      fresh.clear()
    },
  }
}

/** Undefined where the disk fails: a wrap is opened once more then, and may hold the answer that is waited for. */
function unlessItFails<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof PaygressError) return undefined
    throw error
  }
}

function write(database: Database, fresh: ReadonlyMap<string, string>, now: number): void {
  database.transaction((tx) => {
    tx.run('DELETE FROM order_wraps WHERE at < ?', [now - KEPT_MS])
    for (const [id, answers] of fresh)
      tx.run('INSERT INTO order_wraps VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING', [id, answers, now])
  })
}
