// Does an invoice ask for the amount that was agreed? Read from its human-readable part (BOLT-11).

/** Millisatoshi per unit of the multiplier, times ten (`p` is a tenth of a millisatoshi). */
const TENTHS: Readonly<Record<string, bigint>> = {
  '': 1_000_000_000_000n,
  m: 1_000_000_000n,
  u: 1_000_000n,
  n: 1_000n,
  p: 1n,
}

/** True where the invoice is for exactly so many sats. */
export function invoiceMatches(invoice: string, amountSat: bigint): boolean {
  const match = /^ln(?:bcrt|bc|tbs|tb)(\d{1,18})([munp]?)1/.exec(invoice.toLowerCase())
  const perUnit = TENTHS[match?.[2] ?? '']
  if (match?.[1] === undefined || perUnit === undefined) return false
  return BigInt(match[1]) * perUnit === amountSat * 10_000n
}
