// Does time cost what was agreed, in both directions?
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { satToMsat } from '../../src/core/money.ts'
import {
  costMsat,
  costSat,
  rateFromSatsPerHour,
  remainderMsat,
  satsPerHour,
  secondsFor,
} from '../../src/core/pricing.ts'

test('the prices of the guides come out: one hour of 100 msat/s is 360 sat', () => {
  expect(costMsat(3_600, 100)).toBe(360_000n)
  expect(costSat(7_200, 200)).toBe(1_440n)
  expect(costSat(1_800, 400)).toBe(720n)
  expect(satsPerHour(100)).toBe(360)
})

test('the older price per hour becomes a rate that is never below it', () => {
  expect(rateFromSatsPerHour(100)).toBe(28)
  expect(satsPerHour(rateFromSatsPerHour(100))).toBeGreaterThanOrEqual(100)
})

test('whoever pays the price of a duration gets at least that duration', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10_000_000 }),
      fc.integer({ min: 1, max: 1_000_000 }),
      (seconds, rate) => {
        const credit = satToMsat(costSat(seconds, rate))
        expect(secondsFor(credit, rate)).toBeGreaterThanOrEqual(seconds)
      },
    ),
  )
})

test('seconds and remainder together are the whole credit', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 10n ** 15n), fc.integer({ min: 1, max: 1_000_000 }), (credit, rate) => {
      expect(costMsat(secondsFor(credit, rate), rate) + remainderMsat(credit, rate)).toBe(credit)
    }),
  )
})
