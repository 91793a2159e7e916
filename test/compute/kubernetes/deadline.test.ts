import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PaygressError } from '../../../src/core/errors.ts'
import {
  deadlineSeconds,
  decidedInMs,
  isReplacement,
  mayHaveDecided,
  mayHaveLandedLate,
  operationKey,
  outdatedOperations,
} from '../../../src/compute/kubernetes/deadline.ts'

const LONGEST = 2 ** 31 - 1

function attempt(work: () => number): number | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof PaygressError && error.code === 'machine_failed') return undefined
    throw error
  }
}

describe('the deadline of a Job', () => {
  test('is the whole time from its start to its end, and the grace', () => {
    expect(deadlineSeconds(1_000, 61_000, 10)).toBe(70)
    expect(deadlineSeconds(1_000, 61_001, 10)).toBe(71)
  })

  test('is never longer than the controller can count, nor zero, whatever is asked', () => {
    const times = fc.integer({ min: 0, max: 8.64e15 })
    fc.assert(
      fc.property(times, times, fc.integer({ min: 0, max: 60 }), (start, end, grace) => {
        const tooLong = (end - start) / 1000 + grace > LONGEST
        const deadline = attempt(() => deadlineSeconds(start, end, grace))
        expect(deadline === undefined).toBe(tooLong)
        expect(deadline ?? 1).toSatisfy((sec: number) => Number.isInteger(sec) && sec >= 1 && sec <= LONGEST)
      }),
    )
    expect(() => deadlineSeconds(0, Number.NaN, 1)).toThrow('68 years')
  })
})

describe('a move of a deadline', () => {
  const DEADLINE = 1_000_000

  test.each([
    [-30_001, false],
    [-30_000, false],
    [-29_999, true],
    [0, true],
    [60_000, true],
  ])('that was written %i ms after it may have landed late: %s', (after, late) => {
    expect(mayHaveLandedLate(DEADLINE + after, DEADLINE)).toBe(late)
  })

  test.each([
    [-1, false],
    [0, false],
    [1, true],
    [60_000, true],
    [60_001, false],
  ])('and a pod that was made %i ms after it replaces the one that was ended: %s', (after, replaces) => {
    expect(isReplacement(DEADLINE + after, DEADLINE)).toBe(replaces)
  })
})

test.each([
  [-1_000, false, 3_000],
  [-999, true, 2_999],
  [0, true, 2_000],
  [5_000, true, 0],
])('a controller may have decided %i ms after a deadline: %s, and has done it in %i ms', (at, may, wait) => {
  expect(mayHaveDecided({ from: Number.NaN, to: at }, 0)).toBe(may)
  expect(decidedInMs({ from: at, to: Number.NaN }, 0)).toBe(wait)
})

describe('the annotation of an operation', () => {
  test('is a valid name for every operation, and another one for each', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        expect(operationKey(one)).toMatch(/^operation\.paygress\.io\/[0-9a-f]{40}$/)
        expect(operationKey(one) === operationKey(other)).toBe(one === other)
      }),
    )
  })

  test('makes room for another one, the oldest first', () => {
    const many = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, n) => [operationKey(`operation ${n}`), `${5_000 - n} 2026`]),
    )
    expect(outdatedOperations({ ...many, 'paygress.io/port': '30000' })).toEqual([
      operationKey('operation 999'),
    ])
    expect(outdatedOperations({ [operationKey('one')]: '1 2026' })).toEqual([])
  })
})
