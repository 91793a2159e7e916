import { expect, test } from 'vitest'
import { quantity } from '../../../src/compute/kubernetes/quantity.ts'

test.each([
  ['500m', 0.5],
  ['2', 2],
  ['1Gi', 2 ** 30],
  ['1500Mi', 1_500 * 2 ** 20],
  ['1e3', 1_000],
  ['2k', 2_000],
  ['0.1', 0.1],
])('the quantity %s is %d', (text, number) => {
  expect(quantity(text)).toBe(number)
})

test('a quantity that is none is no number', () => {
  expect(quantity('many')).toBeNaN()
  expect(quantity('5 apples')).toBeNaN()
})
