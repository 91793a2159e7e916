// Of the daemons that took a turn on one database, only the last one changes anything.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fenceDatabase, type FencedDatabase } from '../../src/storage/fenced-database.ts'
import { createLedger } from '../../src/storage/ledger-store.ts'
import { openProfileDatabase } from '../../src/storage/profile-database.ts'

let home: string
const open: FencedDatabase[] = []

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'paygress-fence-'))
})

afterEach(() => {
  for (const database of open.splice(0)) database.close()
  rmSync(home, { recursive: true, force: true })
})

function daemon(): FencedDatabase {
  const database = fenceDatabase(openProfileDatabase(home))
  open.push(database)
  return database
}

const write = (database: FencedDatabase, value: string): void =>
  database.transaction((tx) => createLedger(database).setNote(tx, 'a note', value))
const noteOf = (database: FencedDatabase): string | undefined => createLedger(database).note('a note')

test('the one before writes nothing from the moment the next one takes its turn', () => {
  const [first, second] = [daemon(), daemon()]
  first.takeTurn()
  write(first, 'by the first')
  expect([first.isMine(), second.isMine()]).toEqual([true, false])
  second.takeTurn()
  expect([first.isMine(), second.isMine()]).toEqual([false, true])
  expect(() => write(first, 'too late')).toThrow(expect.objectContaining({ code: 'interrupted' }))
  expect(noteOf(second)).toBe('by the first')
  write(second, 'by the second')
  expect(noteOf(first)).toBe('by the second')
})

test('one that stands by may open its wallet, and is not in turn', () => {
  const [serving, standingBy] = [daemon(), daemon()]
  serving.takeTurn()
  write(standingBy, 'before its turn')
  expect(standingBy.isMine()).toBe(false)
  expect(serving.isMine()).toBe(true)
})

test("a closed one is nobody's", () => {
  const only = daemon()
  only.takeTurn()
  only.close()
  expect(only.isMine()).toBe(false)
})

test('a turn can be taken again, by the same one too', () => {
  const [first, second] = [daemon(), daemon()]
  first.takeTurn()
  second.takeTurn()
  first.takeTurn()
  expect([first.isMine(), second.isMine()]).toEqual([true, false])
  write(first, 'in its second turn')
  expect(() => write(second, 'too late')).toThrow(/another daemon has taken over/)
})
