// The mint has signed our outputs before, for another wallet of the same words: which coins are they, and are they still there?
import type { MintUrl } from '../core/mint-url.ts'
import type { WalletDeps } from './engine.ts'
import type { Ecash, Output } from './ecash-port.ts'
import { valueOf } from './value-of.ts'
import type { RestoredOutput } from './mint-port.ts'
import { addRestored, type Signed, unspentCoins } from './restored-coins.ts'

/**
 * Takes in the unspent coins that were made of exactly these outputs, whatever amounts the other wallet asked for. Only for outputs that this
 * wallet's own requests did not get signed. Throws `mint_unreachable` or `mint_misbehaved`.
 */
export async function takeForeign(
  deps: WalletDeps,
  ecash: Ecash,
  mint: MintUrl,
  outputs: readonly Output[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const reply = valueOf(mint, await deps.mints.connection(mint).restore([...outputs], signal))
  const signatures = new Map(reply.map((restored): [string, RestoredOutput] => [restored.B_, restored]))
  for (const keysetId of new Set(outputs.map((output) => output.keysetId))) {
    const keyset = await deps.mints.keyset(mint, keysetId, signal)
    if (keyset === undefined) continue
    const signed = outputs
      .filter((output) => output.keysetId === keysetId)
      .flatMap((output): Signed[] => {
        const signature = signatures.get(output.B_)?.signature
        if (signature === undefined) return []
        const made = { ...output, amountSat: signature.amountSat }
        return [{ output: made, signature, y: ecash.proofY(output.secret) }]
      })
    if (signed.length === 0) continue
    const { coins } = await unspentCoins(deps, ecash, { mint, keyset, signal }, signed)
    deps.store.transaction((tx) => {
      const writer = deps.store.within(tx)
      // Found before, by an attempt that a crash cut off.
      addRestored(
        deps,
        writer,
        mint,
        coins.filter(({ y }) => !writer.hasCoin(y)),
      )
    })
  }
}
