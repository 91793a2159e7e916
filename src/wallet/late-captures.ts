// Was a capture that we gave up done all the same? Its outputs are asked for once more whenever the wallet is recovered, for a month.
import type { WalletDeps } from './engine.ts'
import { inputsState } from './inputs-state.ts'
import { finish } from './journal.ts'
import { type MintRun, noteSilence } from './mint-run.ts'
import { restoreAttempts } from './restore-attempts.ts'
import type { RecoveryReport } from './recovery-report.ts'

/** A mint that has not shown by then that it took the payment never will. */
export const ASKED_FOR_MS = 30 * 24 * 60 * 60 * 1000

/** Captures at one mint that failed and of which the mint now restores everything: they are done, and their effect runs again with that. */
export async function lateCaptures(deps: WalletDeps, run: MintRun): Promise<RecoveryReport['ended']> {
  const { signal } = run
  const ended: RecoveryReport['ended'] = []
  for (const operation of deps.store.failedCaptures(deps.clock.now() - ASKED_FOR_MS)) {
    if (signal.aborted || run.isSilent) break
    if (operation.mint !== run.mint) continue
    if (operation.effect !== undefined && !Object.hasOwn(deps.effects, operation.effect.name)) continue
    const ecash = await deps.ecashSource.load()
    const restored = await noteSilence(deps, run, async () => restoreAttempts(deps, ecash, operation, signal))
    if (restored.status !== 'all') continue
    // Signed for another wallet of the same words: what was captured is still there.
    if ((await inputsState(deps, ecash, operation, signal)).status === 'unspent') continue
    const result = finish({ ...deps, ecash }, operation, restored.attempt, restored.signed, 'failed')
    const { id: operationId, kind, orderId } = operation
    if (result.status === 'done') ended.push({ operationId, kind, orderId, result })
  }
  return ended
}
