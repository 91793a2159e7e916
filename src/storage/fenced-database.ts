// May this daemon still write to its database? Not from the moment in which another one has taken its turn there, whatever any clock says.
import * as z from 'zod'
import { PaygressError } from '../core/errors.ts'
import type { Database } from './database.ts'
import type { SqlReader } from './sql.ts'

/** The note that counts the turns; only the last one may write. */
const TURN = 'daemon-turn'
const turnRow = z.object({ value: z.string() })

/** A database whose transactions throw `interrupted`, and change nothing, once another daemon has its turn. */
export interface FencedDatabase extends Database {
  /** From here on this daemon may write, and none that took its turn before. */
  takeTurn(): void
  /** False before `takeTurn`, from the moment another daemon has taken its own, and once it is closed. */
  isMine(): boolean
}

/**
 * Fences a daemon off. Its right to write is a lease with an end, and a process that slept over that end does not know: it goes on in the
 * middle of a step, with orders as they were when it fell asleep.
 */
export function fenceDatabase(database: Database): FencedDatabase {
  let mine: string | undefined
  let isOpen = true
  return {
    ...database,
    transaction: (work) =>
      database.transaction((tx) => {
        if (mine !== undefined && turnIn(tx) !== mine)
          throw new PaygressError('interrupted', 'another daemon has taken over the ledger')
        return work(tx)
      }),
    takeTurn: () => {
      mine = database.transaction((tx) => {
        const next = String(Number(turnIn(tx) ?? 0) + 1)
        tx.run(
          'INSERT INTO ledger_notes (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
          [TURN, next],
        )
        return next
      })
    },
    isMine: () => isOpen && mine !== undefined && turnIn(database) === mine,
    close: () => {
      isOpen = false
      database.close()
    },
  }
}

function turnIn(sql: SqlReader): string | undefined {
  const row = sql.get('SELECT value FROM ledger_notes WHERE name = ?', [TURN])
  return row === undefined ? undefined : turnRow.parse(row).value
}
