import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Coin } from '../../src/wallet/ports.ts'
import { selectCoins } from '../../src/wallet/select-coins.ts'

const coin = (amount: number, keysetId = 'new', y = `${keysetId} ${amount}`): Coin => ({
  y,
  proof: { keysetId, amountSat: BigInt(amount), secret: y, C: '' },
})
const terms = (feePpk: number) => (keysetId: string) => ({ feePpk, active: keysetId === 'new' })
const amounts = (coins: readonly Coin[]): number[] => coins.map(({ proof }) => Number(proof.amountSat))

function chosen(coins: readonly Coin[], target: number, feePpk = 0): number[] {
  const selection = selectCoins(coins, BigInt(target), terms(feePpk))
  if (!selection.enough) throw new Error(`short of ${selection.shortSat}`)
  return amounts(selection.coins)
}

describe('the coins of a payment', () => {
  test('are one coin where one is enough, and the smallest such one', () => {
    expect(chosen([coin(64), coin(8), coin(32), coin(16)], 10)).toEqual([16])
  })

  test('are as few as possible', () => {
    expect(chosen([coin(1), coin(2), coin(4), coin(8), coin(16)], 23)).toEqual([16, 8])
  })

  test('cover their own fee, which every coin raises', () => {
    expect(chosen([coin(16), coin(4), coin(2)], 16, 1000)).toEqual([16, 4])
  })

  test('are of retired keysets first', () => {
    expect(chosen([coin(64), coin(8, 'old'), coin(4, 'old')], 10)).toEqual([8, 4])
  })

  test('leave out what costs more than it is worth', () => {
    const selection = selectCoins([coin(4), coin(2), coin(1)], 1n, terms(5000))
    expect(selection).toEqual({ enough: false, shortSat: 1n })
  })

  test('are short by what is missing, fees included', () => {
    expect(selectCoins([coin(8), coin(4)], 20n, terms(1000))).toEqual({ enough: false, shortSat: 10n })
  })

  test('always suffice, and none of them could be left out', () => {
    const arbitrary = fc.record({
      amounts: fc.array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.boolean()), { maxLength: 20 }),
      target: fc.integer({ min: 1, max: 5000 }),
      feePpk: fc.constantFrom(0, 100, 5000),
    })
    fc.assert(
      fc.property(arbitrary, ({ amounts: powers, target, feePpk }) => {
        const coins = powers.map(([power, old], index) => coin(2 ** power, old ? 'old' : 'new', `${index}`))
        const selection = selectCoins(coins, BigInt(target), terms(feePpk))
        const useful = coins.filter(({ proof }) => Number(proof.amountSat) * 1000 > feePpk)
        const fee = (count: number): number => Math.ceil((count * feePpk) / 1000)
        const sum = (some: readonly Coin[]): number => amounts(some).reduce((total, one) => total + one, 0)
        if (!selection.enough) return sum(useful) - fee(useful.length) < target
        const { coins: picked } = selection
        if (sum(picked) - fee(picked.length) < target || new Set(picked).size !== picked.length) return false
        return picked.every(
          (one) => sum(picked) - Number(one.proof.amountSat) - fee(picked.length - 1) < target,
        )
      }),
    )
  })
})
