import { expect, test } from 'vitest'
import { portBook } from '../../../src/compute/kubernetes/port-book.ts'

const random = { bytes: (count: number) => new Uint8Array(count).fill(7) }

test('every free port of the range is a candidate once, and no other', () => {
  const book = portBook(30_000, 30_004, { now: () => 0 }, random)
  const ports = [...book.candidates(new Set([30_001]))]
  expect(ports.toSorted((one, other) => one - other)).toEqual([30_000, 30_002, 30_003, 30_004])
})

test('a port that is being tried is not tried by another order', () => {
  const book = portBook(30_000, 30_001, { now: () => 0 }, random)
  const [one, two] = [book.candidates(new Set()), book.candidates(new Set())]
  const ports = [one.next().value, two.next().value]
  expect(new Set(ports).size).toBe(2)
  expect(two.next().done).toBe(true)
  one.return(undefined)
  expect([...book.candidates(new Set())]).toHaveLength(2)
})

test('a port that somebody else has is left alone for five minutes, and not counted as free', () => {
  let now = 0
  const book = portBook(30_000, 30_002, { now: () => now }, random)
  book.refused(30_001)
  expect([...book.candidates(new Set())]).not.toContain(30_001)
  expect(book.free(new Set([30_000]))).toBe(1)
  now = 300_000
  expect([...book.candidates(new Set())]).toContain(30_001)
  expect(book.free(new Set())).toBe(3)
})
