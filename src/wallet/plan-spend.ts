// Which coins would a spend take, and what would it cost? Asked for previews and for the spend itself.
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { KeysetKeys } from './ecash-port.ts'
import type { WalletDeps } from './engine.ts'
import { tokenThatPays } from './make-outputs.ts'
import type { WalletReader } from './ports.ts'
import { selectCoins } from './select-coins.ts'
import type { CoinTerms, Selection } from './select-coins.ts'
import { splitAmount, swapFee, swapFeeOf } from './split-amount.ts'
import type { SpendPlan } from './mint-facts.ts'

/** What a choice of coins has to know of a wallet. */
type Holdings = Pick<WalletReader, 'coins' | 'keysets'>

/** Coins, and the sats of the token they are for. */
export interface Chosen {
  tokenSat: bigint
  selection: Selection
}

/** Coins for a token whose receiver nets `netSat`. */
export function selectForPayment(
  reader: Holdings,
  mint: MintUrl,
  netSat: bigint,
  keyset: KeysetKeys,
  locked: boolean,
): Chosen {
  const wanted = tokenThatPays(netSat, keyset, locked)
  return { tokenSat: wanted, selection: selectCoins(reader.coins(mint), wanted, termsIn(reader, mint)) }
}

/**
 * Coins for a refund of `grossSat`. The receiver bears the fee of the coins taken, but never more than that of the coins
 * `grossSat` is ideally made of: how this wallet's coins are divided is not the receiver's fault. Only where the wallet owes
 * all that it has and cannot put the rest of the fee on top, the refund is less by that rest: else it would never be paid.
 */
export function selectForRefund(
  reader: Holdings,
  mint: MintUrl,
  grossSat: bigint,
  keyset: Pick<KeysetKeys, 'keys' | 'feePpk'>,
): Chosen {
  const terms = termsIn(reader, mint)
  const most = swapFeeOf(splitAmount(grossSat, keyset.keys).length, keyset.feePpk)
  const coins = reader.coins(mint)
  let wanted = grossSat - most
  if (wanted <= 0n) throw new PaygressError('failed', `a refund of ${grossSat} sat is less than its fee`)
  let selection = selectCoins(coins, wanted, terms)
  if (!selection.enough) {
    const feeOfAllSat = swapFee(coins.map(({ proof }) => terms(proof.keysetId).feePpk))
    const less = wanted - selection.shortSat
    if (selection.shortSat > feeOfAllSat || less <= 0n) return { tokenSat: wanted, selection }
    return { tokenSat: less, selection: selectCoins(coins, less, terms) }
  }
  for (let more = wanted + 1n; more <= grossSat; more += 1n) {
    const better = selectCoins(coins, more, terms)
    if (!better.enough || more + better.feeSat > grossSat) break
    wanted = more
    selection = better
  }
  return { tokenSat: wanted, selection }
}

/** What a payment would take; asks the mint for nothing but its keysets. */
export async function planSpend(
  deps: WalletDeps,
  mint: MintUrl,
  netSat: bigint,
  locked: boolean,
): Promise<SpendPlan> {
  const keyset = await deps.mints.activeKeyset(mint)
  const { store } = deps
  const terms = termsIn(store, mint)
  const coins = store.coins(mint)
  const wanted = tokenThatPays(netSat, keyset, locked)
  let missingSat = 0n
  for (;;) {
    const funded = missingSat === 0n ? [] : splitAmount(missingSat, keyset.keys)
    const virtual = funded.map((amountSat, index) => ({
      y: `new ${index}`,
      proof: { keysetId: keyset.id, amountSat, secret: '', C: '' },
    }))
    const selection = selectCoins([...coins, ...virtual], wanted, terms)
    if (!selection.enough) {
      missingSat += selection.shortSat
      continue
    }
    return {
      mint,
      netSat,
      receiverFeeSat: wanted - netSat,
      swapFeeSat: selection.feeSat,
      totalSat: wanted + selection.feeSat,
      availableSat: coins.reduce((sum, { proof }) => sum + proof.amountSat, 0n),
      missingSat,
    }
  }
}

/** What a refund of `grossSat` would be worth. */
export async function planRefund(
  deps: WalletDeps,
  mint: MintUrl,
  grossSat: bigint,
): Promise<{ tokenSat: bigint; receiverNetSat: bigint }> {
  const keyset = await deps.mints.activeKeyset(mint)
  const most = swapFeeOf(splitAmount(grossSat, keyset.keys).length, keyset.feePpk)
  const none = { tokenSat: 0n, receiverNetSat: 0n }
  if (grossSat <= most) return none
  const { tokenSat: token } = selectForRefund(deps.store, mint, grossSat, keyset)
  const claimFee = swapFeeOf(splitAmount(token, keyset.keys).length, keyset.feePpk)
  return { tokenSat: token, receiverNetSat: token > claimFee ? token - claimFee : 0n }
}

function termsIn(reader: Holdings, mint: MintUrl): (keysetId: string) => CoinTerms {
  const keysets = new Map(reader.keysets(mint).map((keyset) => [keyset.id, keyset]))
  return (keysetId) => keysets.get(keysetId) ?? { feePpk: 0, active: false }
}
