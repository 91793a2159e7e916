// paygress wallet restore: bring the money back from the 12 words, at each mint that it lies at.
import { restoreWallet } from '../../client/restore-wallet.ts'
import { toSafeNumber } from '../../core/money.ts'
import { satText } from '../../terminal/words.ts'
import type { RestoreReport } from '../../wallet/recovery-report.ts'
import { readWords, type Invocation } from '../invocation.ts'
import { withClient } from '../with-client.ts'

/** A minute of arithmetic for each keyset. */
const LONGEST_GAP = 100_000

export async function run(invocation: Invocation): Promise<undefined> {
  const { terminal, signal, options } = invocation
  const gap = options.count('gap', 1, LONGEST_GAP)
  const words = await readWords(invocation)
  await withClient(invocation, async (client) => {
    const reports = await restoreWallet(client, { words, mint: client.settings.mint, gap, signal })
    const totalSat = reports.reduce((sum, { restoredSat }) => sum + restoredSat, 0n)
    await terminal.answer({
      document: {
        restored_sat: toSafeNumber(totalSat),
        mints: reports.map(({ mint, restoredSat, coins, unusable, keysets }) => ({
          url: mint,
          restored_sat: toSafeNumber(restoredSat),
          coins,
          unusable_coins: unusable,
          keysets,
        })),
      },
      names: [String(totalSat)],
      human: { kind: 'lines', lines: reports.map(lineOf) },
    })
  })
}

function lineOf({ mint, restoredSat, coins, unusable, keysets }: RestoreReport): string {
  const bad = unusable === 0 ? '' : `; ${unusable} coins carry no genuine signature of it`
  const came =
    restoredSat === 0n ? 'nothing came back' : `${satText(restoredSat)} came back in ${coins} coins`
  return `${mint}: ${came} (${keysets} keysets)${bad}`
}
