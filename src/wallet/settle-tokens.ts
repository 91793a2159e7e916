// What became of the payments that were given away? After its lock a token was taken by its receiver, or can be reclaimed.
import type { WalletDeps } from './engine.ts'

/** Asks for tokens whose lock has ended, once each until they are spent: those are nobody's pending money any more. */
export async function settleTokens(deps: WalletDeps, signal: AbortSignal): Promise<void> {
  for (const { mint, locktime, ys } of deps.store.unsettledTokens()) {
    if (signal.aborted || deps.mints.knownTime(mint) <= locktime) continue
    const reply = await deps.mints.connection(mint).states(ys, signal)
    if (reply.status !== 'ok') continue
    const spent = reply.value.filter(({ state }) => state === 'SPENT').map(({ y }) => y)
    deps.store.transaction((tx) => deps.store.within(tx).settleTokens(spent))
  }
}
