import { execFile } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PaygressError } from '../../src/core/errors.ts'
import type { ErrorCode } from '../../src/core/errors.ts'
import { openDatabase } from '../../src/storage/database.ts'
import type { Database, DatabaseOptions, SqlTransaction } from '../../src/storage/database.ts'
import { isConstraintViolation } from '../../src/storage/sqlite-error.ts'

const run = promisify(execFile)
const options: DatabaseOptions = {
  applicationId: 0x70677265,
  migrations: [
    { version: 1, up: 'CREATE TABLE note (id INTEGER PRIMARY KEY, msat INTEGER NOT NULL) STRICT' },
  ],
}

let home: string
let path: string
const opened: Database[] = []

function open(changes: Partial<DatabaseOptions> = {}): Database {
  const database = openDatabase(path, { ...options, ...changes })
  opened.push(database)
  return database
}

function codeOf(work: () => unknown): ErrorCode | 'no error' {
  try {
    work()
  } catch (error) {
    if (error instanceof PaygressError) return error.code
    throw error
  }
  return 'no error'
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'paygress-database-'))
  path = join(home, 'data', 'wallet.sqlite')
})

afterEach(() => {
  for (const database of opened.splice(0)) database.close()
  rmSync(home, { recursive: true, force: true })
})

describe('opening', () => {
  test('makes a 0700 folder and 0600 files, the write-ahead log too', () => {
    open().transaction((tx) => tx.run('INSERT INTO note (msat) VALUES (?)', [1n]))
    expect(statSync(join(home, 'data')).mode & 0o777).toBe(0o700)
    for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('takes the rights of others away from a file that had them', () => {
    open().close()
    chmodSync(path, 0o644)
    open()
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('uses WAL, full synchronisation and foreign keys', () => {
    const database = open()
    expect(database.get('PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' })
    expect(database.get('PRAGMA synchronous')).toEqual({ synchronous: 2n })
    expect(database.get('PRAGMA foreign_keys')).toEqual({ foreign_keys: 1n })
  })

  test('refuses a file of a newer version and leaves every byte of it', () => {
    open({ migrations: [...options.migrations, { version: 2, up: 'CREATE TABLE later (a)' }] }).close()
    const before = readFileSync(path)
    expect(codeOf(() => open())).toBe('storage_newer')
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  test('refuses the database of another program and leaves every byte of it', () => {
    open().close()
    rmSync(path)
    const other = new DatabaseSync(path)
    other.exec('CREATE TABLE theirs (a)')
    other.close()
    const before = readFileSync(path)
    expect(() => open()).toThrow(/is not a paygress file/)
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  test('refuses a file that is no database at all, by name', () => {
    open().close()
    writeFileSync(path, 'a shopping list, not a database\n'.repeat(200))
    expect(() => open()).toThrow(`${path} is not a paygress file`)
  })

  test('refuses an empty file, and the log of one that is gone: a new file would hide what was lost', () => {
    open().transaction((tx) => tx.run('INSERT INTO note (msat) VALUES (5)'))
    const log = readFileSync(`${path}-wal`)
    for (const database of opened.splice(0)) database.close()
    writeFileSync(path, '')
    expect(() => open()).toThrow(`${path} is empty`)
    expect(statSync(path).size).toBe(0)
    rmSync(path)
    writeFileSync(`${path}-wal`, log)
    expect(() => open()).toThrow(`${path} is gone, and only its log`)
    expect(readdirSync(dirname(path))).toEqual([`${basename(path)}-wal`])
  })

  test('refuses a link to a file that is not there, and what is no file: neither is the wallet, nor a place for one', () => {
    mkdirSync(dirname(path))
    symlinkSync(join(home, 'gone.sqlite'), path)
    expect(() => open()).toThrow(/is a link to a file that is not there/)
    expect(readdirSync(home)).toEqual(['data'])
    rmSync(path)
    symlinkSync('/dev/null', path)
    expect(() => open()).toThrow(/is no file, and the database has to be one/)
  })

  test('leaves no draft of a new file behind, also where its tables cannot be made', () => {
    const broken = { version: 1, up: 'CREATE TABLE half (a); SELECT nonsense' }
    expect(codeOf(() => open({ migrations: [broken] }))).toBe('storage_failed')
    expect(readdirSync(dirname(path))).toEqual([])
    open().close()
    expect(readdirSync(dirname(path))).toEqual([basename(path)])
  })

  test('says that the home is not writable where a file stands in the place of its folder', () => {
    writeFileSync(join(home, 'data'), '')
    expect(codeOf(() => open())).toBe('home_not_writable')
  })

  test('applies only the migrations that are missing, functions too', () => {
    open().transaction((tx) => tx.run('INSERT INTO note (msat) VALUES (5)'))
    const next = {
      version: 3,
      up: (sql: { run(text: string): unknown }) => void sql.run('UPDATE note SET msat = msat + 1'),
    }
    const database = open({ migrations: [...options.migrations, next] })
    expect(database.all('SELECT msat FROM note')).toEqual([{ msat: 6n }])
    expect(database.get('PRAGMA user_version')).toEqual({ user_version: 3n })
  })

  test('keeps a private copy of what was there before a migration, and none where nothing changes', () => {
    const before = open()
    before.transaction((tx) => tx.run('INSERT INTO note (msat) VALUES (5)'))
    const next = { version: 2, up: 'UPDATE note SET msat = 0' }
    open({ migrations: [...options.migrations, next] }).close()
    open({ migrations: [...options.migrations, next] }).close()
    const files = readdirSync(dirname(before.path)).filter((name) => name.includes('format'))
    expect(files).toEqual([`${basename(before.path)}.format-1`])
    const copy = `${before.path}.format-1`
    expect(statSync(copy).mode & 0o777).toBe(0o600)
    const kept = openDatabase(copy, options)
    expect(kept.all('SELECT msat FROM note')).toEqual([{ msat: 5n }])
    kept.close()
  })

  test('leaves nothing of a copy that an earlier try was killed in, and touches no other file', () => {
    const before = open()
    before.close()
    const name = basename(before.path)
    const left = `${name}.format-1.0123456789ab.tmp`
    const others = [`${name}.format-10.0123456789ab.tmp`, `${name}.format-1.mine.tmp`]
    for (const each of [left, ...others]) writeFileSync(join(dirname(before.path), each), 'half')
    const next = { version: 2, up: 'UPDATE note SET msat = 0' }
    open({ migrations: [...options.migrations, next] }).close()
    const files = readdirSync(dirname(before.path)).filter((each) => each.includes('format'))
    expect(files.toSorted()).toEqual([`${name}.format-1`, ...others].toSorted())
  })

  test('keeps the old version where a migration fails', () => {
    open().close()
    const broken = { version: 2, up: 'CREATE TABLE half (a); SELECT nonsense' }
    expect(codeOf(() => open({ migrations: [...options.migrations, broken] }))).toBe('storage_failed')
    const database = open()
    expect(database.get("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'half'")).toEqual({ n: 0n })
  })

  test('opened for reading only, it reads and never writes', () => {
    open().transaction((tx) => tx.run('INSERT INTO note (msat) VALUES (7)'))
    const reader = open({ readOnly: true })
    expect(reader.get('SELECT msat FROM note')).toEqual({ msat: 7n })
    expect(codeOf(() => reader.transaction((tx) => tx.run('DELETE FROM note')))).toBe('home_not_writable')
  })
})

describe('values', () => {
  test('integers come back as bigint, whatever their size', () => {
    const database = open()
    database.transaction((tx) => {
      tx.run('INSERT INTO note (msat) VALUES (?)', [9_007_199_254_740_993n])
      tx.run('INSERT INTO note (msat) VALUES (:msat)', { msat: 3 })
    })
    expect(database.all('SELECT msat FROM note ORDER BY id')).toEqual([
      { msat: 9_007_199_254_740_993n },
      { msat: 3n },
    ])
    expect(database.get('SELECT ? AS bare', [3])).toEqual({ bare: 3n })
  })

  test('a number that is not exact is refused', () => {
    expect(codeOf(() => open().get('SELECT ?', [2 ** 60]))).toBe('internal')
  })

  test('a broken rule can be told from other failures', () => {
    const database = open()
    const insert = (): unknown => database.transaction((tx) => tx.run('INSERT INTO note VALUES (1, 1)'))
    insert()
    let caught: unknown
    try {
      insert()
    } catch (error) {
      caught = error
    }
    expect(isConstraintViolation(caught)).toBe(true)
  })
})

describe('a transaction', () => {
  test('keeps nothing of a function that throws', () => {
    const database = open()
    const work = (): void =>
      database.transaction((tx) => {
        tx.run('INSERT INTO note (msat) VALUES (1)')
        throw new Error('half way')
      })
    expect(work).toThrow('half way')
    expect(database.all('SELECT * FROM note')).toEqual([])
    expect(database.transaction(() => 'usable again')).toBe('usable again')
  })

  test('refuses an async function and keeps nothing of it', () => {
    const database = open()
    expect(
      codeOf(() => database.transaction(async (tx) => tx.run('INSERT INTO note (msat) VALUES (1)'))),
    ).toBe('internal')
    expect(database.all('SELECT * FROM note')).toEqual([])
  })

  test('refuses another one inside', () => {
    const database = open()
    expect(codeOf(() => database.transaction(() => database.transaction(() => 1)))).toBe('internal')
  })

  test('cannot be used after it ended', () => {
    const kept: SqlTransaction[] = []
    open().transaction((tx) => void kept.push(tx))
    expect(codeOf(() => kept[0]?.get('SELECT 1'))).toBe('internal')
  })

  test('waits for another process, and says so when that takes too long', () => {
    const first = open()
    const second = open({ busyTimeoutMs: 30 })
    first.transaction(() => {
      expect(codeOf(() => second.transaction(() => 1))).toBe('busy')
    })
    expect(second.transaction(() => 1)).toBe(1)
  })

  test('of many processes that open a new file at once, none loses a row', async () => {
    const child = join(import.meta.dirname, 'database-child.ts')
    await Promise.all(
      Array.from({ length: 5 }, () =>
        run(process.execPath, ['--disable-warning=ExperimentalWarning', child, path]),
      ),
    )
    expect(open().get('SELECT count(*) AS n, max(msat) AS top FROM note')).toEqual({ n: 100n, top: 100n })
  })
})
