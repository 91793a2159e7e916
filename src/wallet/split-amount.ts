// Into which coins is an amount divided, and what does a swap of them cost?
import { PaygressError } from '../core/errors.ts'

/** Fees beyond the payment itself that are still searched for a token, in sats: past this the search would never end. */
const BEARABLE_FEE_SAT = 10_000n

/** The fewest denominations of a keyset that add up to an amount, smallest first (the order of outputs: it tells nothing). */
export function splitAmount(amountSat: bigint, keys: Readonly<Record<string, string>>): bigint[] {
  const denominations = Object.keys(keys)
    .map(BigInt)
    .toSorted((a, b) => (a > b ? -1 : 1))
  const parts: bigint[] = []
  let rest = amountSat
  for (const denomination of denominations) {
    while (denomination > 0n && rest >= denomination) {
      parts.push(denomination)
      rest -= denomination
    }
  }
  if (rest > 0n) throw new RangeError('the keyset has no coin small enough')
  return parts.reverse()
}

/** What a mint takes for a swap of inputs with these fees (NUT-02): rounded up once, for all of them. */
export function swapFee(feesPpk: readonly number[]): bigint {
  const sum = feesPpk.reduce((total, ppk) => total + BigInt(ppk), 0n)
  return (sum + 999n) / 1000n
}

/** The fee of a swap of `count` coins of one keyset. */
export function swapFeeOf(count: number, feePpk: number): bigint {
  return (BigInt(count) * BigInt(feePpk) + 999n) / 1000n
}

/**
 * The smallest token of at most `mostCoins` coins whose receiver nets at least `netSat` after its own swap. It nets more only
 * where no such token is exact: a coin less can mean a fee less, and an amount of many coins is rounded up to fewer. Throws
 * `mint_misbehaved` where its coins are too small for that, or its fees take more than the payment and some.
 */
export function tokenThatNets(
  netSat: bigint,
  keys: Readonly<Record<string, string>>,
  feePpk: number,
  mostCoins: number = Number.POSITIVE_INFINITY,
): bigint {
  for (let atLeast = netSat; ;) {
    const tokenSat = roundedUp(atLeast, keys, mostCoins)
    if (tokenSat - netSat > netSat + BEARABLE_FEE_SAT)
      throw new PaygressError(
        'mint_misbehaved',
        `the mint's fees take more than a payment of ${netSat} sat`,
        {
          hint: 'use another --mint',
        },
      )
    if (tokenSat - swapFeeOf(splitAmount(tokenSat, keys).length, feePpk) >= netSat) return tokenSat
    atLeast = tokenSat + 1n
  }
}

// Of too many coins the largest stay, and the rest becomes one more of the smallest of these, which carries.
function roundedUp(sat: bigint, keys: Readonly<Record<string, string>>, mostCoins: number): bigint {
  for (let amount = sat; ;) {
    const largest = splitAmount(amount, keys).toReversed()
    const smallestKept = largest[mostCoins - 1]
    if (largest.length <= mostCoins || smallestKept === undefined) return amount
    const fewer = largest.slice(0, mostCoins).reduce((sum, coin) => sum + coin, smallestKept)
    // Only carrying makes fewer coins of it: the largest ones cannot carry.
    if (splitAmount(fewer, keys).length >= largest.length)
      throw new PaygressError('mint_misbehaved', `the mint's coins are too small to lock ${sat} sat`, {
        hint: 'use another --mint, or pay in smaller parts',
      })
    amount = fewer
  }
}
