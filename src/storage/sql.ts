// How are statements run, and in which types do values go in and come out?
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { PaygressError } from '../core/errors.ts'
import { fromSqliteError } from './sqlite-error.ts'

/** What may be bound. A number must be finite; whole numbers are stored as integers. */
export type SqlValue = null | number | bigint | string | Uint8Array

/** Values for `?` in order, or for `:name` by name (without the colon). */
export type SqlParams = readonly SqlValue[] | Readonly<Record<string, SqlValue>>

/**
 * Reading. A row is an object by column name, unknown until a zod schema has parsed it. One rule for numbers:
 * **every INTEGER comes out as bigint** (msat amounts do not fit a number), REAL as number, TEXT as string, BLOB as Uint8Array.
 */
export interface SqlReader {
  get(sql: string, params?: SqlParams): unknown
  all(sql: string, params?: SqlParams): unknown[]
}

export interface SqlWriter extends SqlReader {
  run(sql: string, params?: SqlParams): { changes: number; lastInsertRowid: bigint }
}

const CACHED_STATEMENTS = 256

/** Statements on one connection, prepared once each. Errors come out as `PaygressError`. */
export function sqlOn(connection: DatabaseSync, path: string): SqlWriter {
  const cache = new Map<string, StatementSync>()

  function prepared(sql: string): StatementSync {
    const known = cache.get(sql)
    if (known !== undefined) return known
    const statement = connection.prepare(sql)
    statement.setReadBigInts(true)
    if (cache.size >= CACHED_STATEMENTS) cache.clear()
    cache.set(sql, statement)
    return statement
  }

  function translated<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw fromSqliteError(error, path)
    }
  }

  return {
    get: (sql, params = []) => translated(() => bound(prepared(sql), params, 'get')),
    all: (sql, params = []) => translated(() => bound(prepared(sql), params, 'all')),
    run: (sql, params = []) =>
      translated(() => {
        const { changes, lastInsertRowid } = bound(prepared(sql), params, 'run')
        return { changes: Number(changes), lastInsertRowid: BigInt(lastInsertRowid) }
      }),
  }
}

type Method = 'get' | 'all' | 'run'

function bound<M extends Method>(
  statement: StatementSync,
  params: SqlParams,
  method: M,
): ReturnType<StatementSync[M]>
function bound(statement: StatementSync, params: SqlParams, method: Method): unknown {
  if (isList(params)) return statement[method](...params.map(stored))
  return statement[method](
    Object.fromEntries(Object.entries(params).map(([name, value]) => [name, stored(value)])),
  )
}

function isList(params: SqlParams): params is readonly SqlValue[] {
  return Array.isArray(params)
}

// node:sqlite binds every number as REAL, which a column without affinity would keep.
function stored(value: SqlValue): SqlValue {
  if (typeof value !== 'number') return value
  if (Number.isSafeInteger(value)) return BigInt(value)
  if (Number.isFinite(value) && !Number.isInteger(value)) return value
  throw new PaygressError('internal', `${value} cannot be stored exactly`)
}
