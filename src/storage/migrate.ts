// Is this file ours, and how does it get the tables of this version?
import { DatabaseSync } from 'node:sqlite'
import * as z from 'zod'
import { PaygressError } from '../core/errors.ts'
import { ANOTHER_FOLDER, MONEY_BACK } from './file-error.ts'
import { removeDrafts, replacePrivateFile } from './private-files.ts'
import type { SqlWriter } from './sql.ts'

export interface Migration {
  /** From 1, rising; what `user_version` is afterwards. */
  version: number
  /** SQL (several statements are fine) or a function. */
  up: string | ((sql: SqlWriter) => void)
}

export interface FileIdentity {
  path: string
  /** A positive 31-bit number that tells our file from every other SQLite file. */
  applicationId: number
  migrations: readonly Migration[]
}

const stamp = z.object({ application_id: z.bigint(), user_version: z.bigint(), tables: z.bigint() })

/** Refuses a file of another program or of a newer version without changing it; returns its version (0 for an empty one). */
export function checkIdentity(sql: SqlWriter, identity: FileIdentity): number {
  const row = stamp.parse(
    sql.get(`SELECT (SELECT application_id FROM pragma_application_id) AS application_id,
      (SELECT user_version FROM pragma_user_version) AS user_version,
      (SELECT count(*) FROM sqlite_schema) AS tables`),
  )
  const empty = row.application_id === 0n && row.user_version === 0n && row.tables === 0n
  if (!empty && row.application_id !== BigInt(identity.applicationId)) throw notOurs(identity.path)
  const version = Number(row.user_version)
  const newest = newestVersion(identity)
  if (version <= newest) return version
  throw new PaygressError(
    'storage_newer',
    `${identity.path} was written by a newer paygress (format ${version}, this one knows ${newest})`,
    { hint: 'update paygress; nothing was changed' },
  )
}

/** The error for a file that another program wrote. */
export function notOurs(path: string, cause?: unknown): PaygressError {
  return new PaygressError('storage_failed', `${path} is not a paygress file`, {
    hint: `nothing was changed: move it away and keep it, or ${ANOTHER_FOLDER}; if it is a damaged one of ours, ${MONEY_BACK}`,
    ...(cause === undefined ? {} : { cause }),
  })
}

/** Applies what is missing in one transaction, and keeps a copy of what was there as `PATH.format-N`; of several processes the first does it and the others find it done. */
export function migrate(connection: DatabaseSync, sql: SqlWriter, identity: FileIdentity): void {
  connection.exec('BEGIN IMMEDIATE')
  try {
    const from = checkIdentity(sql, identity)
    if (from > 0 && from < newestVersion(identity)) keepCopy(identity.path, from)
    for (const { version, up } of identity.migrations) {
      if (version <= from) continue
      if (typeof up === 'string') connection.exec(up)
      else up(sql)
    }
    connection.exec(`PRAGMA application_id = ${Math.trunc(identity.applicationId)}`)
    connection.exec(`PRAGMA user_version = ${newestVersion(identity)}`)
    connection.exec('COMMIT')
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK')
    throw error
  }
}

// Nobody else can write now, and nothing is written yet: a second connection sees exactly what is about to change.
function keepCopy(path: string, version: number): void {
  const copy = `${path}.format-${version}`
  removeDrafts(copy)
  replacePrivateFile(copy, (draft) => {
    const reader = new DatabaseSync(path)
    try {
      reader.prepare('VACUUM INTO ?').run(draft)
    } finally {
      reader.close()
    }
  })
}

/** Throws where the list of migrations itself is wrong: a mistake of the programmer. */
export function checkMigrations(migrations: readonly Migration[]): void {
  let last = 0
  for (const { version } of migrations) {
    if (!Number.isSafeInteger(version) || version <= last) {
      throw new PaygressError('internal', `migration ${version} does not follow ${last}`)
    }
    last = version
  }
}

/** The version a file has once every migration was applied. */
export function newestVersion(identity: FileIdentity): number {
  return identity.migrations.at(-1)?.version ?? 0
}
