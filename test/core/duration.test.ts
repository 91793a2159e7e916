// Are durations read and written the same way?
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatDuration, parseDuration } from '../../src/core/duration.ts'

test.each([
  ['90s', 90],
  ['45m', 2_700],
  ['2h', 7_200],
  ['3d', 259_200],
  ['1h30m', 5_400],
  ['1d2h3m4s', 93_784],
  [' 2H ', 7_200],
])('%s is %d seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds)
})

test.each([
  '',
  '0s',
  '5',
  '1.5h',
  '-1h',
  '30m1h',
  '1h1h',
  '1w',
  'h',
  '99999d',
  '1h 30m',
  '9'.repeat(400) + 's',
])('refuses %j', (text) => {
  expect(() => parseDuration(text)).toThrow(
    expect.objectContaining({ code: 'invalid_duration', exitCode: 2 }),
  )
})

test('what is written can be read again', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300_000_000 }), (seconds) => {
      expect(parseDuration(formatDuration(seconds))).toBe(seconds)
    }),
  )
})
