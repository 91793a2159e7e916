// How does a new database come to its place? Whole, by one rename: an empty file there was never ours, and says that something was lost.
import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { PaygressError } from '../core/errors.ts'
import { MONEY_BACK } from './file-error.ts'
import { migrate } from './migrate.ts'
import type { FileIdentity } from './migrate.ts'
import { ensurePrivateFile, fillPrivateFile } from './private-files.ts'
import { finishSettingAside } from './set-aside.ts'
import { sqlOn } from './sql.ts'

/**
 * Makes the file with its tables (mode 0600 in a 0700 folder) where there is none, and takes others' rights away from one that is there; of
 * several processes the first makes it. Throws `storage_failed` where only the log of a lost file is left, `home_not_writable`.
 */
export function createDatabase(identity: FileIdentity): void {
  const { path } = identity
  // In this order: whoever makes the file now makes it before its log.
  const hasLog = existsSync(`${path}-wal`)
  if (existsSync(path)) return ensurePrivateFile(path)
  if (hasLog)
    throw (
      finishSettingAside(path) ?? lost(`${path} is gone, and only its log ${path}-wal is left`, `${path}-wal`)
    )
  fillPrivateFile(path, (draft) => {
    const connection = new DatabaseSync(draft)
    try {
      migrate(connection, sqlOn(connection, path), identity)
    } finally {
      connection.close()
    }
  })
}

/** The error for a file without anything in it: no paygress leaves one behind. */
export function emptied(path: string): PaygressError {
  return lost(`${path} is empty, and paygress never leaves an empty one behind`, path)
}

function lost(what: string, path: string): PaygressError {
  return new PaygressError('storage_failed', what, {
    hint: `put your copy of the file back; without one move ${path} away; ${MONEY_BACK}`,
  })
}
