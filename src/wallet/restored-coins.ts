// What are signed outputs worth that no request of this wallet got signed? The unspent ones are coins, and are booked as restored.
import type { MintUrl } from '../core/mint-url.ts'
import { PaygressError } from '../core/errors.ts'
import { blankOperation, newOperationId } from './engine.ts'
import type { WalletDeps } from './engine.ts'
import type { Ecash, KeysetKeys, Output, Proof } from './ecash-port.ts'
import { valueOf } from './value-of.ts'
import type { RestoredOutput } from './mint-port.ts'
import type { Coin, WalletWriter } from './ports.ts'

/** Where outputs were signed. */
export interface Place {
  mint: MintUrl
  keyset: KeysetKeys
  signal: AbortSignal | undefined
}

/** An output that the mint has signed, for the amount that it signed. */
export interface Signed {
  output: Output
  signature: RestoredOutput['signature']
  y: string
}

/** The coins of signed outputs that nobody has spent. */
export async function unspentCoins(
  deps: WalletDeps,
  ecash: Ecash,
  { mint, keyset, signal }: Place,
  signed: readonly Signed[],
): Promise<{ coins: Coin[]; unusable: number }> {
  const ys = signed.map(({ y }) => y)
  const states = valueOf(mint, await deps.mints.connection(mint).states(ys, signal))
  const spent = new Set(states.filter(({ state }) => state === 'SPENT').map(({ y }) => y))
  const coins: Coin[] = []
  let unusable = 0
  for (const { y, output, signature } of signed) {
    if (spent.has(y)) continue
    const proof = genuine(ecash, output, signature, keyset)
    if (proof === undefined) unusable += 1
    else coins.push({ y, proof })
  }
  return { coins, unusable }
}

/** One wrong signature of a mint must not keep all other coins from coming back. */
function genuine(
  ecash: Ecash,
  output: Output,
  signature: RestoredOutput['signature'],
  keyset: KeysetKeys,
): Proof | undefined {
  try {
    return ecash.unblind(output, signature, keyset)
  } catch (error) {
    if (error instanceof PaygressError && error.code === 'mint_misbehaved') return undefined
    throw error
  }
}

/** Writes coins that came back as an operation of their own; none, no operation. */
export function addRestored(
  deps: WalletDeps,
  writer: WalletWriter,
  mint: MintUrl,
  coins: readonly Coin[],
): void {
  if (coins.length === 0) return
  const operationId = newOperationId(deps.random)
  const amountSat = sumOf(coins)
  const result = { status: 'done' as const, operationId, amountSat, feeSat: 0n }
  const operation = {
    ...blankOperation(deps, operationId, 'restore', mint, {}),
    state: 'done' as const,
    amountSat,
    result,
  }
  writer.insertOperation(operation, [])
  writer.addCoins(mint, coins, operationId)
}

/** Sats of these coins. */
export function sumOf(coins: readonly Coin[]): bigint {
  return coins.reduce((sum, { proof }) => sum + proof.amountSat, 0n)
}
