// Do the options of a command mean what was typed?
import { expect, test } from 'vitest'
import { Options } from '../../src/commands/invocation.ts'

test.each([
  ['2s', 2_000],
  ['1m30s', 90_000],
  // A timer that is asked to wait longer fires at once.
  ['3650d', 2 ** 31 - 1],
])('--timeout %s is waited for %i ms', (timeout, ms) => {
  expect(new Options({ timeout }).timeoutMs()).toBe(ms)
})

test('no --timeout leaves the wait to whoever asks', () => {
  expect(new Options({}).timeoutMs()).toBe(undefined)
})
