// What became of the payments that were given away? After its lock a token was taken by its receiver, or can be reclaimed.
import type { WalletDeps } from './engine.ts'
import { type MintRun, noteSilence } from './mint-run.ts'

/** Every recovery asks for a day after the lock's end, so that a mint that is gone slows none down for ever; a thorough one always asks. */
const QUICKLY_SEC = 86_400

/** Asks one mint for tokens whose lock has ended, once each until they are spent: those are nobody's pending money any more. */
export async function settleTokens(deps: WalletDeps, run: MintRun, thorough: boolean): Promise<void> {
  for (const { mint, locktime, ys } of deps.store.unsettledTokens()) {
    if (run.signal.aborted || run.isSilent) return
    if (mint !== run.mint) continue
    const over = deps.mints.knownTime(mint) - locktime
    if (over <= 0 || (over > QUICKLY_SEC && !thorough)) continue
    const reply = await noteSilence(deps, run, async () => deps.mints.connection(mint).states(ys, run.signal))
    if (reply.status !== 'ok') continue
    const spent = reply.value.filter(({ state }) => state === 'SPENT').map(({ y }) => y)
    deps.store.transaction((tx) => deps.store.within(tx).settleTokens(spent))
  }
}
