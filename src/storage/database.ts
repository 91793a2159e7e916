// How is an SQLite file opened and changed, so that many processes can use it and a crash loses nothing that was committed?
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PaygressError } from '../core/errors.ts'
import { createDatabase, emptied } from './create-database.ts'
import { checkIdentity, checkMigrations, migrate, newestVersion, notOurs } from './migrate.ts'
import { ANOTHER_FOLDER } from './file-error.ts'
import type { FileIdentity, Migration } from './migrate.ts'
import { refuseDeadLink } from './dead-link.ts'
import { fromSqliteError, isBusy, isNotADatabase } from './sqlite-error.ts'
import { sqlOn } from './sql.ts'
import type { SqlReader, SqlWriter } from './sql.ts'
import { beginSql } from './sql-transaction.ts'
import type { SqlTransaction } from './sql-transaction.ts'

export type { Migration, SqlTransaction }

export interface DatabaseOptions {
  /** A positive 31-bit number that tells our file from every other SQLite file. */
  applicationId: number
  migrations: readonly Migration[]
  /** Opens an existing, up-to-date file without ever writing it. */
  readOnly?: boolean
  /** How long to wait for another process's lock; 10 s when not given. */
  busyTimeoutMs?: number
}

export interface Database extends SqlReader {
  readonly path: string
  /**
   * Runs `fn` between BEGIN IMMEDIATE and COMMIT and returns what it returns; whatever it throws rolls everything back.
   * `fn` must not be async (nothing may wait while the lock is held) and must not call `transaction` again.
   * Throws `busy` where another process holds the lock too long.
   */
  transaction<T>(fn: (tx: SqlTransaction) => T): T
  close(): void
}

/**
 * Opens (and creates, mode 0600 in a 0700 folder) a database: WAL, synchronous=FULL, foreign keys on, migrated to this version.
 * Throws `storage_newer`, `storage_failed` (not our file, disk full …), `home_not_writable` or `busy`.
 */
export function openDatabase(path: string, options: DatabaseOptions): Database {
  const { applicationId, migrations, readOnly = false, busyTimeoutMs = 10_000 } = options
  checkMigrations(migrations)
  refuseOther(path)
  if (readOnly && !existsSync(path)) throw new PaygressError('storage_failed', `there is no ${path}`)
  const identity = { path, applicationId, migrations }
  let connection: DatabaseSync | undefined
  try {
    if (!readOnly) createDatabase(identity)
    connection = new DatabaseSync(path, { readOnly, timeout: busyTimeoutMs })
    const sql = sqlOn(connection, path)
    prepare(connection, sql, identity, { readOnly, busyTimeoutMs })
    return databaseOn(connection, sql, path)
  } catch (error) {
    connection?.close()
    if (isNotADatabase(error) || (error instanceof PaygressError && isNotADatabase(error.cause))) {
      throw notOurs(path, error)
    }
    throw fromSqliteError(error, path)
  }
}

function refuseOther(path: string): void {
  refuseDeadLink(path)
  if (!existsSync(path)) return
  const found = statSync(path)
  if (found.isFile()) return
  if (!found.isDirectory())
    throw new PaygressError('storage_failed', `${path} is no file, and the database has to be one`, {
      hint: `move it away, or ${ANOTHER_FOLDER}`,
    })
  throw new PaygressError('storage_failed', `${path} is a folder, and the database has to be a file`, {
    hint: `name a file in it, such as ${join(path, 'paygress.db')}, or move the folder away`,
  })
}

function prepare(
  connection: DatabaseSync,
  sql: SqlWriter,
  identity: FileIdentity,
  { readOnly, busyTimeoutMs }: { readOnly: boolean; busyTimeoutMs: number },
): void {
  const version = checkIdentity(sql, identity)
  const newest = newestVersion(identity)
  if (version === 0 && newest > 0) throw emptied(identity.path)
  if (readOnly) {
    if (version === newest) return
    throw new PaygressError('storage_failed', `${identity.path} still has format ${version}, not ${newest}`)
  }
  enterWal(connection, busyTimeoutMs)
  connection.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA foreign_keys = ON')
  if (version < newest) migrate(connection, sql, identity)
}

// The change to WAL needs the file alone and, unlike everything else, does not wait for its turn by itself.
function enterWal(connection: DatabaseSync, busyTimeoutMs: number): void {
  const giveUpAt = performance.now() + busyTimeoutMs
  for (;;) {
    try {
      connection.exec('PRAGMA journal_mode = WAL')
      return
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAt) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    }
  }
}

function databaseOn(connection: DatabaseSync, sql: SqlWriter, path: string): Database {
  function execute(statement: string): void {
    try {
      connection.exec(statement)
    } catch (error) {
      throw fromSqliteError(error, path)
    }
  }

  function transaction<T>(fn: (tx: SqlTransaction) => T): T {
    if (connection.isTransaction) throw new PaygressError('internal', 'a transaction inside a transaction')
    execute('BEGIN IMMEDIATE')
    const { tx, end } = beginSql(sql)
    try {
      const result = fn(tx)
      if (result instanceof Promise) throw new PaygressError('internal', 'a transaction must not be async')
      execute('COMMIT')
      return result
    } catch (error) {
      // SQLite has already rolled back after some failures, for example a full disk.
      if (connection.isTransaction) execute('ROLLBACK')
      throw error
    } finally {
      end()
    }
  }

  return {
    path,
    get: sql.get,
    all: sql.all,
    transaction,
    close: () => {
      if (connection.isOpen) connection.close()
    },
  }
}
