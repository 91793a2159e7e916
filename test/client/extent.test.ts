// How much time does an amount buy, when fees and coins take their part of it?
import { describe, expect, test } from 'vitest'
import { checkEnd, priceOf } from '../../src/client/extent.ts'
import { parseDuration } from '../../src/core/duration.ts'
import type { MintUrl } from '../../src/core/mint-url.ts'
import { PaygressError } from '../../src/core/errors.ts'
import type { SpendPlan } from '../../src/wallet/mint-facts.ts'

const mint = 'https://mint.example' as MintUrl
const clock = { now: () => 0 }

/** A wallet whose payments are multiples of `coinSat` and cost `feeSat` more. */
function walletOf(
  coinSat: bigint,
  feeSat: bigint,
): { planSpend(at: MintUrl, netSat: bigint): Promise<SpendPlan> } {
  return {
    planSpend: async (at, netSat) => {
      const tokenSat = ((netSat + feeSat + coinSat - 1n) / coinSat) * coinSat
      return {
        mint: at,
        netSat,
        receiverFeeSat: tokenSat - netSat,
        swapFeeSat: feeSat,
        totalSat: tokenSat + feeSat,
        availableSat: 0n,
        missingSat: 0n,
      }
    },
  }
}

const priced = async (amountSat: bigint, coinSat: bigint, feeSat: bigint) =>
  priceOf(walletOf(coinSat, feeSat), { extent: { amountSat }, rate: 1000, mint, clock })

describe('an amount', () => {
  test.each([
    { amountSat: 100n, coinSat: 1n, feeSat: 0n, seconds: 100 },
    { amountSat: 100n, coinSat: 1n, feeSat: 3n, seconds: 94 },
    { amountSat: 16_383n, coinSat: 1_024n, feeSat: 2n, seconds: 15_358 },
    { amountSat: 1n, coinSat: 1n, feeSat: 0n, seconds: 1 },
  ])('of $amountSat sat in coins of $coinSat buys all that fits: $seconds s', async (row) => {
    const { durationSec, plan } = await priced(row.amountSat, row.coinSat, row.feeSat)
    expect(durationSec).toBe(row.seconds)
    expect(plan.totalSat).toBeLessThanOrEqual(row.amountSat)
  })

  test('that only pays fees is too little', async () => {
    await expect(priced(3n, 1n, 2n)).rejects.toThrow(PaygressError)
    await expect(priced(3n, 1n, 2n)).rejects.toThrow('3 sat are too little')
  })
})

describe('an end', () => {
  const until = (text: string) => () => checkEnd({ until: new Date(text) }, clock)

  test('may be ten years away, as --for may', () => {
    expect(until('1979-12-29T23:59:00Z')).not.toThrow()
    expect(() => parseDuration('3650d')).not.toThrow()
  })

  test('that is further away is refused in the words of --for, whoever sells', () => {
    for (const refused of [until('9999-12-31'), until('1979-12-31'), () => parseDuration('3651d')]) {
      expect(refused).toThrow(expect.objectContaining({ code: 'invalid_duration' }))
      expect(refused).toThrow(/is longer than ten years/)
    }
  })

  test('that an amount would pay for is held to the same', async () => {
    await expect(priced(2_000_000_000n, 1n, 0n)).rejects.toThrow(/is longer than ten years/)
  })

  test('in the past is over', () => {
    expect(until('1969-12-31')).toThrow(/is over/)
  })
})
