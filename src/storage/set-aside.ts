// What happens to a damaged database? It is moved aside with what belongs to it, and named; nothing is ever written over it.
import { existsSync, renameSync } from 'node:fs'
import type { Clock } from '../core/clock.ts'
import { PaygressError } from '../core/errors.ts'
import { isDamaged } from './sqlite-error.ts'

/** SQLite finds a database's log by the database's name. */
const SUFFIXES = ['-wal', '-shm', '']

/**
 * Where this error says that the database is damaged: moves it to `PATH.damaged-TIME` and gives the error that names it. Any other error is
 * given back as it is. The database must be closed.
 */
export function setAsideIfDamaged(error: unknown, path: string, clock: Clock): unknown {
  if (!isDamaged(error) || !existsSync(path)) return error
  const time = new Date(clock.now()).toISOString().slice(0, 19).replaceAll(':', '-')
  const aside = `${path}.damaged-${time}`
  for (const suffix of SUFFIXES)
    if (existsSync(`${path}${suffix}`)) renameSync(`${path}${suffix}`, `${aside}${suffix}`)
  return new PaygressError('storage_failed', `${path} is damaged; it was moved to ${aside} as it is`, {
    hint: 'keep that file; paygress wallet restore brings the money back from your 12 words',
    cause: error,
  })
}
