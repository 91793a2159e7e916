// Is a gift wrap that was opened known in the next process, and forgotten when relays no longer send it?
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PaygressError } from '../../src/core/errors.ts'
import { openedWraps } from '../../src/storage/opened-wraps.ts'
import { openProfileDatabase } from '../../src/storage/profile-database.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const clock = { ms: 1_800_000_000_000, now: () => clock.ms }
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paygress-opened-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** What one process does with them. */
function inProcess<T>(work: (wraps: ReturnType<typeof openedWraps>) => T): T {
  const database = openProfileDatabase(folder)
  try {
    return work(openedWraps(database, clock))
  } finally {
    database.close()
  }
}

test('the next process knows which request each wrap answers', () => {
  inProcess((wraps) => {
    wraps.note('a', 'request')
    wraps.note('b', '')
    expect(wraps.answeredBy('a')).toBe('request')
    wraps.save()
  })
  const known = inProcess((wraps) => ['a', 'b', 'c'].map((id) => wraps.answeredBy(id)))
  expect(known).toEqual(['request', '', undefined])
})

test('nothing is written before it is saved', () => {
  inProcess((wraps) => wraps.note('a', 'request'))
  expect(inProcess((wraps) => wraps.answeredBy('a'))).toBeUndefined()
})

test('what no relay sends any more is forgotten', () => {
  inProcess((wraps) => {
    wraps.note('a', 'request')
    wraps.save()
    clock.ms += 6 * DAY_MS
    wraps.note('b', 'other')
    wraps.save()
    expect(wraps.answeredBy('a')).toBeUndefined()
    expect(wraps.answeredBy('b')).toBe('other')
  })
})

test('a disk that tells nothing leaves every wrap to be opened', () => {
  inProcess((wraps) => {
    wraps.note('a', 'request')
    wraps.save()
  })
  const database = openProfileDatabase(folder)
  const get = () => {
    throw new PaygressError('storage_failed', 'the disk is broken')
  }
  expect(openedWraps({ ...database, get }, clock).answeredBy('a')).toBeUndefined()
  database.close()
})

test('a disk that takes nothing spoils nothing', () => {
  const database = openProfileDatabase(folder)
  const transaction = () => {
    throw new PaygressError('storage_failed', 'the disk is full')
  }
  const wraps = openedWraps({ ...database, transaction }, clock)
  wraps.note('a', 'request')
  expect(() => wraps.save()).not.toThrow()
  database.close()
})
