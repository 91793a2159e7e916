import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitAmount, swapFee, swapFeeOf, tokenThatNets } from '../../src/wallet/split-amount.ts'

const keys = Object.fromEntries(Array.from({ length: 32 }, (_, power) => [String(2 ** power), '']))

test('an amount is divided into the fewest coins, smallest first', () => {
  expect(splitAmount(100n, keys)).toEqual([4n, 32n, 64n])
  expect(splitAmount(0n, keys)).toEqual([])
  expect(splitAmount(7n, { '5': '', '1': '' })).toEqual([1n, 1n, 5n])
})

test('an amount that the coins cannot make is an error', () => {
  expect(() => splitAmount(3n, { '2': '' })).toThrow(RangeError)
})

test('the fee of a swap is rounded up once, not per coin', () => {
  expect(swapFee([])).toBe(0n)
  expect(swapFee([100])).toBe(1n)
  expect(swapFee(Array.from({ length: 10 }, () => 100))).toBe(1n)
  expect(swapFee(Array.from({ length: 11 }, () => 100))).toBe(2n)
  expect(swapFee([5000, 5000, 5000])).toBe(15n)
})

test('a token nets what was asked or a little more, and no smaller one does', () => {
  const input = fc.record({
    net: fc.bigInt({ min: 1n, max: 1_000_000n }),
    feePpk: fc.constantFrom(0, 1, 100, 999, 1000, 5000),
  })
  const nets = (sat: bigint, feePpk: number): bigint => sat - swapFeeOf(splitAmount(sat, keys).length, feePpk)
  fc.assert(
    fc.property(input, ({ net, feePpk }) => {
      const token = tokenThatNets(net, keys, feePpk)
      if (nets(token, feePpk) < net) return false
      for (let smaller = net; smaller < token; smaller++) if (nets(smaller, feePpk) >= net) return false
      return true
    }),
  )
})

test('a token of few coins is rounded up by little', () => {
  const input = fc.record({ net: fc.bigInt({ min: 1n, max: 2n ** 30n }), feePpk: fc.constantFrom(0, 100) })
  fc.assert(
    fc.property(input, ({ net, feePpk }) => {
      const token = tokenThatNets(net, keys, feePpk, 8)
      const coins = splitAmount(token, keys).length
      return coins <= 8 && token - swapFeeOf(coins, feePpk) >= net && (token - net - 2n) * 128n <= net
    }),
  )
})

test('a token nets exactly what was asked at an ordinary fee', () => {
  const surplus = Array.from({ length: 2000 }, (_, index) => {
    const net = BigInt(index + 1)
    const token = tokenThatNets(net, keys, 100)
    return token - swapFeeOf(splitAmount(token, keys).length, 100) - net
  })
  expect(new Set(surplus)).toEqual(new Set([0n]))
})

test('a keyset whose coins are too small, or cost more than they are worth, is an error and no endless search', () => {
  const ones = { '1': '' }
  expect(tokenThatNets(8n, ones, 0, 8)).toBe(8n)
  expect(() => tokenThatNets(9n, ones, 0, 8)).toThrow('too small')
  expect(() => tokenThatNets(1n, { '1': '', '64': '' }, 64_000)).toThrow('fees')
  expect(() => tokenThatNets(100n, { '1': '', '101': '' }, 1_000_000)).toThrow('fees')
})
