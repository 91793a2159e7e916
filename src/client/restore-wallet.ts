// How does a wallet come back when its disk is lost? Its 12 words, and each mint that its money lies at.
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { RestoreReport } from '../wallet/recovery-report.ts'
import { trustNamed, usableMints } from './choose-mint.ts'
import { interruptible } from './interruptible.ts'
import { satText } from './money-text.ts'
import type { Client } from './ports.ts'

export interface RestoreWish {
  /** Undefined: go on with the words the wallet has, or ask for them. */
  words: string | undefined
  mint: MintUrl | undefined
  /** See the wallet's `RestoreOptions`. */
  gap: number | undefined
  signal: AbortSignal
}

/**
 * Restores at the named mint, or at all trusted ones. Throws `input_needed` naming --mint or --words-file, `usage` for what are no words,
 * `failed` where the wallet has others, `mint_unreachable` (what was found so far is kept), `interrupted`.
 */
export async function restoreWallet(
  { wallet, progress, ask }: Pick<Client, 'wallet' | 'progress' | 'ask'>,
  { words, mint, gap, signal }: RestoreWish,
): Promise<RestoreReport[]> {
  const mints = usableMints(wallet, mint)
  if (mints.length === 0) {
    throw new PaygressError('input_needed', 'the words do not say at which mint the money lies', {
      hint: 'name it with --mint; run it once for each of your mints',
      details: { flag: '--mint' },
    })
  }
  if (words !== undefined) wallet.adoptWords(words)
  else if (!wallet.hasWords()) wallet.adoptWords(await ask.secret('the 12 words', '--words-file FILE'))
  const reports: RestoreReport[] = []
  for (const one of mints) {
    progress.step(`asking ${one} for everything it ever signed for these words`)
    await trustNamed(wallet, one)
    reports.push(await restoreAt(one))
  }
  progress.done()
  return reports

  function restoreAt(one: MintUrl): Promise<RestoreReport> {
    return interruptible(
      signal,
      () =>
        wallet.restore(one, {
          signal,
          gap,
          onProgress: ({ restoredSat, coins, keysetId, counter }) =>
            progress.step(
              `keyset ${keysetId} up to ${counter}: ${satText(restoredSat)} in ${coins} coins so far`,
            ),
        }),
      () =>
        new PaygressError('interrupted', 'interrupted; what was found so far is in the wallet', {
          hint: `paygress wallet restore --mint ${one} goes on`,
        }),
    )
  }
}
