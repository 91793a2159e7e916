import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PaygressError } from '../../../src/core/errors.ts'
import {
  clockOffsetSec,
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

describe('a move of a deadline that the controller may have been faster than', () => {
  const millis = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max })
  // What is taken for the cluster's time when an answer of `server` comes so much later, by a clock that is so far off.
  const taken = (server: number, latency: number, skew: number): number => {
    const ours = server + latency + skew
    return ours - (clockOffsetSec(ours, new Date(server).toUTCString()) ?? 0) * 1000
  }
  const skews = fc.oneof(millis(-4_000, 4_000), millis(-1e8, 1e8))

  test('is always looked at: from a second before the deadline, whatever the clocks and however slow the answer', () => {
    const server = millis(1.7e12, 1.8e12)
    fc.assert(
      fc.property(server, millis(0, 10_000), skews, millis(-999, 60_000), (at, latency, skew, after) => {
        expect(mayHaveDecided(taken(at, latency, skew), at - after)).toBe(true)
      }),
      { numRuns: 2_000, examples: [[1.7e12 + 999, 0, -2_999, -999]] },
    )
    expect(mayHaveDecided(-4_000, 0)).toBe(false)
  })

  test('is looked at when two seconds are over since the deadline, whatever the clocks', () => {
    const deadline = 1.75e12
    fc.assert(
      fc.property(millis(-5_000, 30_000), millis(0, 10_000), skews, (after, latency, skew) => {
        const wait = decidedInMs(taken(deadline + after, latency, skew), deadline)
        expect(after + latency + wait).toBeGreaterThanOrEqual(2_000)
        expect(wait).toBeLessThanOrEqual(Math.max(0, 8_000 - after))
      }),
      { numRuns: 2_000, examples: [[0, 0, 2_999]] },
    )
  })
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

describe('the offset of our clock', () => {
  const SERVER = 'Sat, 21 Nov 2026 12:00:00 GMT'
  const noon = Date.parse(SERVER)

  test.each([
    [0, 0],
    [999, 0],
    [2_400, 0],
    [-2_400, -3],
    [120_500, 120],
    [-119_500, -120],
  ])('of %i ms against whole seconds counts as %i s', (ahead, offset) => {
    expect(clockOffsetSec(noon + ahead, SERVER)).toBe(offset)
  })

  test('is unknown without a time of the server', () => {
    expect(clockOffsetSec(noon, undefined)).toBeUndefined()
    expect(clockOffsetSec(noon, 'today')).toBeUndefined()
  })
})
