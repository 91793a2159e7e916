// What happens to a damaged database? It is moved aside with its log, and named; nothing is ever written over it.
import { existsSync, linkSync, readdirSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { PaygressError } from '../core/errors.ts'
import { MONEY_BACK } from './file-error.ts'
import { syncFolder } from './private-folder.ts'
import { isDamaged } from './sqlite-error.ts'

/** SQLite finds a database's log by the database's name, and what is committed may stand there alone. */
const LOG = '-wal'
const MARK = '.damaged-'

/**
 * Where this error says that the database is damaged: moves it to `PATH.damaged-TIME` and gives the error that names it. Any other error is
 * given back as it is. The database must be closed.
 *
 * Killed at any point, no database is left without its log: both have their new names before the first one loses its old one, and a log that
 * is left last is known by its other name (`finishSettingAside`).
 */
export function setAsideIfDamaged(error: unknown, path: string, clock: Clock): unknown {
  if (!isDamaged(error) || !existsSync(path)) return error
  const aside = freeName(path, clock)
  linkSync(path, aside)
  if (existsSync(`${path}${LOG}`)) linkSync(`${path}${LOG}`, `${aside}${LOG}`)
  syncFolder(dirname(path))
  rmSync(path, { force: true })
  removeLog(path, aside)
  return damaged(path, aside, error)
}

/** Where only a database's log is left, and it is that of a file that was being set aside: removes it, and gives the error that names that file. */
export function finishSettingAside(path: string): PaygressError | undefined {
  for (const name of asidesOf(path)) {
    if (!name.endsWith(LOG)) continue
    const aside = name.slice(0, -LOG.length)
    if (!existsSync(aside) || !removeLog(path, aside)) continue
    return damaged(path, aside, undefined)
  }
  return undefined
}

/** The last database that was moved aside from `path`; undefined where none was, or it is there no more. */
export function lastSetAside(path: string): string | undefined {
  return asidesOf(path)
    .filter((name) => !/-(wal|shm)$/.test(name))
    .toSorted()
    .at(-1)
}

/** What was moved aside from `path`, logs with it. */
function asidesOf(path: string): string[] {
  const folder = dirname(path)
  const start = `${basename(path)}${MARK}`
  return readdirSync(folder)
    .filter((name) => name.startsWith(start))
    .map((name) => join(folder, name))
}

/** Removes the log and its index where it is the one that has its other name now: another process may have made a new database meanwhile. */
function removeLog(path: string, aside: string): boolean {
  if (!isSameFile(`${path}${LOG}`, `${aside}${LOG}`)) return false
  for (const suffix of ['-shm', LOG]) rmSync(`${path}${suffix}`, { force: true })
  return true
}

function damaged(path: string, aside: string, cause: unknown): PaygressError {
  return new PaygressError('storage_failed', `${path} is damaged; it was moved to ${aside} as it is`, {
    hint: `keep that file; ${MONEY_BACK}`,
    cause,
  })
}

function freeName(path: string, clock: Clock): string {
  const time = new Date(clock.now()).toISOString().slice(0, 19).replaceAll(':', '-')
  const first = `${path}${MARK}${time}`
  let name = first
  for (let more = 2; existsSync(name) || existsSync(`${name}${LOG}`); more++) name = `${first}-${more}`
  return name
}

function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statSync(path, { bigint: true, throwIfNoEntry: false }))
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino
}
