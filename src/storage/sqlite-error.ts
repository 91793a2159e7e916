// What does an error of SQLite mean to a person?
import { PaygressError } from '../core/errors.ts'
import { ANOTHER_FOLDER, MONEY_BACK } from './file-error.ts'

const BUSY = 5
const LOCKED = 6
const READONLY = 8
const IO_ERROR = 10
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const CONSTRAINT = 19
const NOT_A_DATABASE = 26

const HINTS: Readonly<Record<number, string>> = {
  [FULL]: 'free some disk space and run the command again',
  // A full disk says this, too, where it has no room for the file's shared memory.
  [IO_ERROR]: 'see that the disk has room and is sound (df), and run the command again',
  [CORRUPT]: `the file is damaged: move it away and keep it; ${MONEY_BACK}`,
}

/** The primary result code of a node:sqlite error, or undefined for any other error. */
function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined
  return error.errcode & 0xff
}

/** True where another connection holds the lock for the moment. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === BUSY || code === LOCKED
}

/** True where the file is something else than an SQLite database. */
export function isNotADatabase(error: unknown): boolean {
  return sqliteCode(error) === NOT_A_DATABASE
}

/** True where the file is an SQLite database whose content is broken; works on translated errors too. */
export function isDamaged(error: unknown): boolean {
  if (error instanceof PaygressError) return isDamaged(error.cause)
  return sqliteCode(error) === CORRUPT
}

/** True where a UNIQUE, CHECK, NOT NULL or foreign key rule refused a row; works on translated errors too. */
export function isConstraintViolation(error: unknown): boolean {
  if (error instanceof PaygressError) return isConstraintViolation(error.cause)
  return sqliteCode(error) === CONSTRAINT
}

/** Our error for one of SQLite's (`busy`, `home_not_writable`, `storage_failed`); every other error is returned as it is. */
export function fromSqliteError(error: unknown, path: string): unknown {
  const code = sqliteCode(error)
  if (code === undefined) return error
  const reason = error instanceof Error ? error.message : String(error)
  if (isBusy(error)) {
    return new PaygressError('busy', `another paygress process has been writing ${path} for too long`, {
      hint: 'run the command again in a moment',
      cause: error,
    })
  }
  if (code === READONLY || code === CANTOPEN) {
    return new PaygressError('home_not_writable', `cannot write ${path}: ${reason}`, {
      hint: `make its folder writable, or ${ANOTHER_FOLDER}`,
      cause: error,
    })
  }
  return new PaygressError('storage_failed', `cannot use ${path}: ${reason}`, {
    ...(HINTS[code] === undefined ? {} : { hint: HINTS[code] }),
    cause: error,
  })
}
