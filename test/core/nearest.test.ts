// Is the right spelling suggested, and nothing far-fetched?
import { expect, test } from 'vitest'
import { nearest } from '../../src/core/nearest.ts'

test.each([
  ['standart', 'standard'],
  ['Basic', 'basic'],
  ['premum', 'premium'],
])('%s probably means %s', (wrong, right) => {
  expect(nearest(wrong, ['basic', 'standard', 'premium'])).toBe(right)
})

test('nothing is suggested for a word far from all', () => {
  expect(nearest('gpu', ['basic', 'standard'])).toBeUndefined()
  expect(nearest('gpu', [])).toBeUndefined()
})
