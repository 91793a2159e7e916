// The keyset of the outputs is gone, or the fee has changed: what now? The same inputs, new outputs; the old ones stay restorable.
import type { WalletDeps } from './engine.ts'
import { divide, makeOutputs } from './make-outputs.ts'
import type { Ecash, KeysetKeys } from './ecash-port.ts'
import type { Attempt, Operation } from './ports.ts'
import { takeForeign } from './foreign-outputs.ts'
import { searchKeyset } from './restore-wallet.ts'
import { swapFee } from './split-amount.ts'
import { unsentKey } from './ask-mint.ts'

/** NUT error code: the mint has signed these outputs before. */
export const ALREADY_SIGNED = 11003
const MOST_ATTEMPTS = 5

/**
 * Writes new outputs for an operation whose request was refused and cannot land any more. False where new ones would be
 * refused as well.
 */
export async function successor(
  deps: WalletDeps,
  ecash: Ecash,
  operation: Operation,
  last: Attempt,
  code: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (last.number >= MOST_ATTEMPTS) return false
  await deps.mints.keysets(operation.mint, { maxAgeMs: 0, ...(signal === undefined ? {} : { signal }) })
  const keyset = await deps.mints.activeKeyset(operation.mint, signal)
  // Another wallet of the same words, such as the one that this is an old copy of, has used these counters and maybe more.
  if (code === ALREADY_SIGNED) {
    await takeForeign(deps, ecash, operation.mint, last.outputs, signal)
    await searchKeyset(deps, ecash, { mint: operation.mint, keyset, signal })
  }
  const feeSat = await feeOfInputs(deps, operation)
  const same = feeSat === last.feeSat && last.outputs.every(({ keysetId }) => keysetId === keyset.id)
  if (same && code !== ALREADY_SIGNED) return false
  const sumSat =
    operation.quote?.amountSat ?? operation.inputs.reduce((sum, { amountSat }) => sum + amountSat, 0n)
  const sats = divide(operation.plan, sumSat, feeSat, keyset)
  if (sats === undefined) return false
  return write(deps, ecash, operation, { number: last.number + 1, feeSat, sats, keyset })
}

function write(
  deps: WalletDeps,
  ecash: Ecash,
  operation: Operation,
  next: { number: number; feeSat: bigint; sats: { sendSat: bigint; keepSat: bigint }; keyset: KeysetKeys },
): boolean {
  const { store, clock, keys } = deps
  const owner = deps.owners.current()
  const seed = keys.seed()
  return store.transaction((tx) => {
    const writer = store.within(tx)
    const change = { state: 'submitted', owner, updatedAt: clock.now() } as const
    if (!writer.updateOperation(operation.id, { state: 'submitted', owner }, change)) return false
    const attempt: Attempt = {
      number: next.number,
      outputs: makeOutputs({ ecash, seed, writer }, operation.plan, next.sats, next.keyset),
      feeSat: next.feeSat,
      mayLandUntil: clock.now() + deps.requestTimeoutMs,
    }
    writer.saveAttempt(operation.id, attempt)
    deps.unsent.add(unsentKey(operation.id, attempt))
    return true
  })
}

async function feeOfInputs(deps: WalletDeps, operation: Operation): Promise<bigint> {
  if (operation.quote !== undefined) return 0n
  const fees: number[] = []
  for (const { keysetId } of operation.inputs) {
    fees.push((await deps.mints.keyset(operation.mint, keysetId))?.feePpk ?? 0)
  }
  return swapFee(fees)
}
