// Which coins pay? As few as possible, those of retired keysets first, and none that costs more than it is worth.
import type { Coin } from './ports.ts'
import { swapFee } from './split-amount.ts'

/** What a coin's keyset means for choosing it. */
export interface CoinTerms {
  feePpk: number
  active: boolean
}

export type Selection =
  | { enough: true; coins: Coin[]; sumSat: bigint; feeSat: bigint }
  | {
      enough: false
      /** What is missing even if every useful coin is spent. */
      shortSat: bigint
    }

/** Coins that cover `targetSat` and the fee of their own swap. */
export function selectCoins(
  coins: readonly Coin[],
  targetSat: bigint,
  termsOf: (keysetId: string) => CoinTerms,
): Selection {
  const useful = coins
    .filter((coin) => coin.proof.amountSat * 1000n > BigInt(termsOf(coin.proof.keysetId).feePpk))
    .toSorted((a, b) => byUse(a, b, termsOf))
  const chosen: Coin[] = []
  for (const coin of useful) {
    if (lacking(chosen, targetSat, termsOf) <= 0n) break
    chosen.push(coin)
  }
  const shortSat = lacking(chosen, targetSat, termsOf)
  if (shortSat > 0n) return { enough: false, shortSat }
  const fewest = withoutSurplus(chosen, targetSat, termsOf)
  const small = smallestAlone(useful, targetSat, termsOf)
  const picked = small !== undefined && fewest.length === 1 ? [small] : fewest
  return { enough: true, coins: picked, sumSat: sumOf(picked), feeSat: feeOf(picked, termsOf) }
}

/** The sum of some coins. */
function sumOf(coins: readonly Coin[]): bigint {
  return coins.reduce((sum, coin) => sum + coin.proof.amountSat, 0n)
}

function byUse(a: Coin, b: Coin, termsOf: (keysetId: string) => CoinTerms): number {
  const activeA = termsOf(a.proof.keysetId).active
  if (activeA !== termsOf(b.proof.keysetId).active) return activeA ? 1 : -1
  if (a.proof.amountSat !== b.proof.amountSat) return a.proof.amountSat > b.proof.amountSat ? -1 : 1
  return a.y < b.y ? -1 : 1
}

function feeOf(coins: readonly Coin[], termsOf: (keysetId: string) => CoinTerms): bigint {
  return swapFee(coins.map((coin) => termsOf(coin.proof.keysetId).feePpk))
}

function lacking(
  coins: readonly Coin[],
  targetSat: bigint,
  termsOf: (keysetId: string) => CoinTerms,
): bigint {
  return targetSat + feeOf(coins, termsOf) - sumOf(coins)
}

function withoutSurplus(
  coins: readonly Coin[],
  targetSat: bigint,
  termsOf: (keysetId: string) => CoinTerms,
): Coin[] {
  let kept = [...coins]
  for (const coin of coins.toSorted((a, b) => (a.proof.amountSat < b.proof.amountSat ? -1 : 1))) {
    const without = kept.filter((other) => other !== coin)
    if (without.length > 0 && lacking(without, targetSat, termsOf) <= 0n) kept = without
  }
  return kept
}

function smallestAlone(
  useful: readonly Coin[],
  targetSat: bigint,
  termsOf: (keysetId: string) => CoinTerms,
): Coin | undefined {
  return useful
    .filter((coin) => lacking([coin], targetSat, termsOf) <= 0n)
    .toSorted((a, b) => (a.proof.amountSat < b.proof.amountSat ? -1 : 1))[0]
}
