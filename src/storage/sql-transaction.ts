// How does a repository run its statements inside the transaction that a use case opened?
import { PaygressError } from '../core/errors.ts'
import type { Transaction } from '../wallet/ports.ts'
import type { SqlWriter } from './sql.ts'

/** Statements inside one transaction; usable only until it ended. */
export interface SqlTransaction extends SqlWriter, Transaction {}

const known = new WeakSet<Transaction>()

/** The statements behind a use case's `Transaction`; throws `internal` for one that no database of ours made. */
export function sqlOf(tx: Transaction): SqlTransaction {
  if (isOurs(tx)) return tx
  throw new PaygressError('internal', 'this transaction belongs to another store')
}

function isOurs(tx: Transaction): tx is SqlTransaction {
  return known.has(tx)
}

/** A transaction on these statements, and the switch that makes it unusable. */
export function beginSql(sql: SqlWriter): { tx: SqlTransaction; end(): void } {
  let open = true
  function inside<A extends unknown[], R>(work: (...args: A) => R): (...args: A) => R {
    return (...args) => {
      if (!open) throw new PaygressError('internal', 'this transaction has ended')
      return work(...args)
    }
  }
  const tx = { get: inside(sql.get), all: inside(sql.all), run: inside(sql.run) } as SqlTransaction
  known.add(tx)
  return { tx, end: () => void (open = false) }
}
