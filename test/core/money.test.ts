// Are sats and millisats converted and parsed without losing any?
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  MAX_SAT,
  msatToSatCeil,
  msatToSatFloor,
  parseSat,
  satToMsat,
  toSafeNumber,
} from '../../src/core/money.ts'

describe('sats typed by a person', () => {
  test.each([
    ['1000', 1000n],
    ['1_000', 1000n],
    ['1,000,000', 1_000_000n],
    ['21 sat', 21n],
    [' 5sats ', 5n],
  ])('reads %j', (text, sat) => {
    expect(parseSat(text)).toBe(sat)
  })

  test.each([
    '',
    '0',
    '-1',
    '1.5',
    '1e3',
    '0x10',
    'ten',
    '1_00',
    '9'.repeat(17),
    `${MAX_SAT + 1n}`,
    '１００',
  ])('refuses %j as an amount', (text) => {
    expect(() => parseSat(text)).toThrow(expect.objectContaining({ code: 'invalid_amount', exitCode: 2 }))
  })
})

test('floor and ceiling never differ by more than one sat and agree on whole sats', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, MAX_SAT * 1000n), (msat) => {
      const [floor, ceil] = [msatToSatFloor(msat), msatToSatCeil(msat)]
      expect(satToMsat(floor) <= msat && msat <= satToMsat(ceil)).toBe(true)
      expect(ceil - floor).toBe(msat % 1000n === 0n ? 0n : 1n)
    }),
  )
})

test('an amount beyond what JSON can hold is refused', () => {
  expect(toSafeNumber(2n ** 53n - 1n)).toBe(Number.MAX_SAFE_INTEGER)
  expect(() => toSafeNumber(2n ** 53n)).toThrow(expect.objectContaining({ code: 'internal' }))
})
