// May the daemon begin to serve? Only when a relay, a mint and the place of the machines have answered once.
import { PaygressError, toPaygressError } from '../core/errors.ts'
import type { OfferBoard } from './ports.ts'
import { pause } from '../core/pause.ts'
import { retryDelayMs } from './retry-delay.ts'
import type { ProviderContext } from './provider-context.ts'

/** Which place the machines were in. */
const PLACE_NOTE = 'machines-place'

/** Waits, with a rising pause, until all three have answered; a place with failing findings ends it. */
export async function waitUntilAllAnswer(
  context: ProviderContext,
  board: OfferBoard,
  acceptNewCluster: boolean,
): Promise<void> {
  await Promise.all([
    board.ready(context.signal),
    untilAnswered(context, 'no mint has answered yet', () => anyMint(context)),
    untilAnswered(context, 'the place of the machines has not answered yet', () =>
      checkPlace(context, acceptNewCluster),
    ),
  ])
}

async function untilAnswered(
  context: ProviderContext,
  complaint: string,
  ask: () => Promise<void>,
): Promise<void> {
  for (let attempt = 1; !context.signal.aborted; attempt++) {
    try {
      await ask()
      return
    } catch (error) {
      const known = toPaygressError(error)
      if (known.code === 'config_invalid') throw known
      context.log.warn({ error: known.message }, complaint)
      await pause(retryDelayMs(attempt), context.signal)
    }
  }
}

async function anyMint(context: ProviderContext): Promise<void> {
  await Promise.any(context.config.mints.map(async (mint) => context.wallet.mintFacts(mint))).catch(
    (error: unknown) => {
      const first: unknown = error instanceof AggregateError ? error.errors[0] : error
      throw toPaygressError(first)
    },
  )
}

async function checkPlace(context: ProviderContext, acceptNewCluster: boolean): Promise<void> {
  const { ok, findings, clusterId } = await context.compute.check()
  const failed = findings.filter((finding) => finding.level === 'fail')
  if (!ok) {
    const fixes = failed.flatMap(({ fix }) => (fix === undefined ? [] : [fix]))
    throw new PaygressError(
      'config_invalid',
      `machines cannot be run here: ${failed.map(({ what }) => what).join('; ')}`,
      fixes.length === 0 ? {} : { hint: [...new Set(fixes)].join('; ') },
    )
  }
  for (const { level, what, fix } of findings) if (level === 'warn') context.log.warn({ fix }, what)
  if (clusterId === undefined) return
  const before = context.ledger.note(PLACE_NOTE)
  const runs = context.ledger.runningLeases().length
  if (before !== undefined && before !== clusterId && runs > 0 && !acceptNewCluster) {
    throw new PaygressError(
      'config_invalid',
      `this is another place than the one in which ${runs} paid machines run`,
      { hint: 'connect the old one, or say --accept-new-cluster: the machines are then lost and refunded' },
    )
  }
  if (before !== clusterId)
    context.wallet.transaction((tx) => context.ledger.setNote(tx, PLACE_NOTE, clusterId))
}
