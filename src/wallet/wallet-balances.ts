// How much is where? Sums of the journal alone; no mint is asked.
import type { MintUrl } from '../core/mint-url.ts'
import { UNIT } from './unit.ts'
import type { WalletReader } from './ports.ts'
import type { MintBalance } from './mint-facts.ts'

/** One line per mint the wallet knows, in the order of their URLs. */
export function walletBalances(reader: WalletReader): MintBalance[] {
  const trusted = new Map(reader.mints().map((mint) => [mint.url, mint.trusted]))
  const sums = new Map(reader.coinSums().map((sum) => [sum.mint, sum]))
  const pending = new Map(reader.pendingSums().map((sum) => [sum.mint, sum.pendingSat]))
  const urls = new Set<MintUrl>([...trusted.keys(), ...sums.keys(), ...pending.keys()])
  return [...urls].toSorted().map((mint) => ({
    mint,
    unit: UNIT,
    availableSat: sums.get(mint)?.availableSat ?? 0n,
    reservedSat: sums.get(mint)?.reservedSat ?? 0n,
    pendingSat: pending.get(mint) ?? 0n,
    trusted: trusted.get(mint) ?? false,
  }))
}
