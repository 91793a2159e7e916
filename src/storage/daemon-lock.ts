// Does another daemon already work on this folder?
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PaygressError } from '../core/errors.ts'
import { ANOTHER_FOLDER } from './file-error.ts'
import { ensurePrivateFile, readPrivateFile, writePrivateFile } from './private-files.ts'
import { fromSqliteError, isBusy } from './sqlite-error.ts'

export interface DaemonLock {
  release(): void
}

/** A lock whose holder forgets it would be collected, and freed in the middle of the work. */
const held = new Set<DatabaseSync>()

/**
 * Takes the one lock of a folder until `release` or the end of the process, however that comes: the lock is SQLite's on a tiny
 * file, which the system frees. Throws `busy` with the other's process id.
 */
export function takeDaemonLock(folder: string, name = 'daemon'): DaemonLock {
  const path = join(folder, `${name}.lock`)
  const ownerPath = join(folder, `${name}.pid`)
  ensurePrivateFile(path)
  const connection = new DatabaseSync(path, { timeout: 0 })
  try {
    connection.exec('BEGIN EXCLUSIVE')
    writePrivateFile(ownerPath, `${process.pid}\n`)
  } catch (error) {
    connection.close()
    if (!isBusy(error)) throw fromSqliteError(error, path)
    const other = readPrivateFile(ownerPath)?.content.trim()
    throw new PaygressError(
      'busy',
      `another paygress${other === undefined ? '' : ` (process ${other})`} works on ${folder}`,
      {
        hint: `stop it first, or ${ANOTHER_FOLDER}`,
        cause: error,
      },
    )
  }
  held.add(connection)
  return {
    release: () => {
      held.delete(connection)
      if (connection.isOpen) connection.close()
    },
  }
}
