// How much does a refund bring, and who bears the fee of its swap?
import { describe, expect, test } from 'vitest'
import type { MintUrl } from '../../src/core/mint-url.ts'
import { selectForRefund } from '../../src/wallet/plan-spend.ts'

const mint = 'https://mint.example' as MintUrl
const keys = Object.fromEntries(Array.from({ length: 20 }, (_, exponent) => [String(2 ** exponent), '']))

function refund(amounts: readonly number[], grossSat: number, feePpk: number) {
  const reader = {
    coins: () =>
      amounts.map((amount, index) => ({
        y: `${index}`,
        proof: { keysetId: 'k', amountSat: BigInt(amount), secret: `${index}`, C: '' },
      })),
    keysets: () => [{ id: 'k', unit: 'sat', active: true, feePpk, finalExpiry: undefined }],
  }
  const { tokenSat, selection } = selectForRefund(reader, mint, BigInt(grossSat), { keys, feePpk })
  return { sat: Number(tokenSat), enough: selection.enough }
}

describe('a refund', () => {
  test('bears the fee of the coins it takes', () => {
    expect(refund([64], 40, 1000)).toEqual({ sat: 39, enough: true })
  })

  test('bears no more than the fee of the coins it would ideally be made of', () => {
    // 16 = one coin; the provider has only small ones and pays the rest of the fee.
    expect(refund([8, 4, 4, 4, 4], 16, 1000)).toEqual({ sat: 15, enough: true })
  })

  test('of all that a provider has, in coins too small for it, is less by the fee instead of never paid', () => {
    expect(refund([4, 4, 4, 4], 16, 1000)).toEqual({ sat: 12, enough: true })
    expect(refund([8, 4, 2, 2], 16, 100)).toEqual({ sat: 15, enough: true })
  })

  test('that a wallet lacks more than fees for is not made smaller', () => {
    expect(refund([4, 4], 16, 1000)).toEqual({ sat: 15, enough: false })
    expect(refund([], 16, 1000)).toEqual({ sat: 15, enough: false })
  })
})
