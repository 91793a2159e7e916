import { expect, test } from 'vitest'
import { fromSqliteError } from '../../src/storage/sqlite-error.ts'

const sqlite = (errcode: number): Error => Object.assign(new Error('why'), { errcode })

test.each([
  ['a full disk', 13, /disk space/],
  ['a disk that cannot be written, with the extended code of shared memory', 10 | (19 << 8), /has room/],
  ['a damaged file', 11, /wallet restore/],
])('%s says what to do', (_, code, hint) => {
  expect(fromSqliteError(sqlite(code), '/home/x.db')).toMatchObject({
    code: 'storage_failed',
    message: 'cannot use /home/x.db: why',
    hint: expect.stringMatching(hint),
  })
})

test('what is no error of SQLite stays what it is', () => {
  const error = new Error('else')
  expect(fromSqliteError(error, 'x')).toBe(error)
})
