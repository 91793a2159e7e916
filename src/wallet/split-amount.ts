// Into which coins is an amount divided, and what does a swap of them cost?

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
 * The smallest token whose receiver nets at least `netSat` after its own swap. It nets more only where no exact token
 * exists: one sat more can mean one coin less.
 */
export function tokenThatNets(
  netSat: bigint,
  keys: Readonly<Record<string, string>>,
  feePpk: number,
): bigint {
  if (feePpk === 0) return netSat
  for (let tokenSat = netSat; ; tokenSat += 1n) {
    if (tokenSat - swapFeeOf(splitAmount(tokenSat, keys).length, feePpk) >= netSat) return tokenSat
  }
}
