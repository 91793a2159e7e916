// A damaged database is moved away whole, also where its process dies on the way: a log without its database, or the contrary, is a loss.
import type * as Fs from 'node:fs'
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, expect, test, vi } from 'vitest'
import { PaygressError } from '../../src/core/errors.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { setAsideIfDamaged } from '../../src/storage/set-aside.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'

/** The process dies at the nth change to the folder. */
const death = vi.hoisted(() => ({ after: Number.POSITIVE_INFINITY }))
/** What others do in the moment in which a file has just lost its name. */
const others = vi.hoisted(() => ({ act: (_removed: string): void => {} }))

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof Fs>()
  const mortal =
    <Args extends unknown[], Result>(work: (...args: Args) => Result) =>
    (...args: Args): Result => {
      if (death.after <= 0) throw new Error('killed')
      death.after -= 1
      return work(...args)
    }
  return {
    ...fs,
    linkSync: mortal(fs.linkSync),
    renameSync: mortal(fs.renameSync),
    rmSync: mortal((...args: Parameters<typeof fs.rmSync>) => {
      fs.rmSync(...args)
      others.act(String(args[0]))
    }),
  }
})

const CORRUPT = Object.assign(new Error('database disk image is malformed'), { errcode: 11 })
const OPTIONS = {
  applicationId: 7,
  migrations: [{ version: 1, up: 'CREATE TABLE coin (sat INTEGER) STRICT' }],
}
const clock = { now: () => 1_800_000_000_000 }
let path: string

/** A database whose last commit stands in its log alone. */
beforeEach(() => {
  death.after = Number.POSITIVE_INFINITY
  others.act = () => {}
  const home = temporaryFolder('set-aside')
  const busy = join(home, 'busy.db')
  openDatabase(busy, OPTIONS).close()
  const writer = new DatabaseSync(busy)
  writer.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; INSERT INTO coin VALUES (64)')
  mkdirSync(join(home, 'profile'))
  path = join(home, 'profile', 'paygress.db')
  for (const suffix of ['', '-wal', '-shm']) copyFileSync(`${busy}${suffix}`, `${path}${suffix}`)
  writer.close()
})

/** What a file holds, read from a copy with its log. */
function sats(file: string): unknown {
  const copy = join(temporaryFolder('copy'), 'copy.db')
  for (const suffix of ['', '-wal'])
    if (existsSync(`${file}${suffix}`)) copyFileSync(`${file}${suffix}`, `${copy}${suffix}`)
  const connection = new DatabaseSync(copy)
  try {
    return connection.prepare('SELECT sum(sat) AS sats FROM coin').get()?.['sats']
  } finally {
    connection.close()
  }
}

function asides(): string[] {
  const folder = join(path, '..')
  return readdirSync(folder)
    .filter((name) => name.includes('.damaged-') && !name.endsWith('-wal') && !name.endsWith('-shm'))
    .map((name) => join(folder, name))
}

function opening(): unknown {
  try {
    openDatabase(path, OPTIONS).close()
    return undefined
  } catch (error) {
    return error
  }
}

test('a damaged database is moved aside with its log, and named', () => {
  const error = setAsideIfDamaged(CORRUPT, path, clock)
  const [aside = ''] = asides()
  expect(error).toBeInstanceOf(PaygressError)
  expect(String(error)).toContain(aside)
  expect(sats(aside)).toBe(64)
  expect(readdirSync(join(path, '..')).filter((name) => !name.includes('.damaged-'))).toEqual([])
})

test.each([0, 1, 2, 3, 4])(
  'killed before its change number %i it is whole where it was, or aside',
  (changes) => {
    death.after = changes
    expect(() => setAsideIfDamaged(CORRUPT, path, clock)).toThrow('killed')
    death.after = Number.POSITIVE_INFINITY
    const isThere = existsSync(path)
    expect(sats(isThere ? path : (asides()[0] ?? ''))).toBe(64)
    // The next command says where it is; the one after it begins anew.
    const error = isThere ? setAsideIfDamaged(CORRUPT, path, clock) : opening()
    expect(error).toMatchObject({ code: 'storage_failed' })
    expect(String(error)).toMatch(/is damaged; it was moved to .*\.damaged-/)
    expect(sats(asides().at(-1) ?? '')).toBe(64)
    expect(opening()).toBeUndefined()
    expect(sats(path)).toBeNull()
  },
)

test('a second one in the same second takes no other’s place', () => {
  setAsideIfDamaged(CORRUPT, path, clock)
  openDatabase(path, OPTIONS).close()
  setAsideIfDamaged(CORRUPT, path, clock)
  expect(asides()).toHaveLength(2)
  expect(new Set(asides().map(sats))).toEqual(new Set([64, null]))
})

test('what others have committed to its successor meanwhile stays: only its own log goes', () => {
  let successor: DatabaseSync | undefined
  others.act = (removed) => {
    if (removed !== path) return
    others.act = () => {}
    expect(opening()).toMatchObject({ code: 'storage_failed' })
    expect(opening()).toBeUndefined()
    successor = new DatabaseSync(path)
    successor.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; INSERT INTO coin VALUES (7)')
  }
  setAsideIfDamaged(CORRUPT, path, clock)
  expect(sats(path)).toBe(7)
  expect(existsSync(`${path}-shm`)).toBe(true)
  expect(asides().map(sats)).toEqual([64])
  successor?.close()
})
