// Does a mint keep a recovery waiting? Then it is asked nothing more in this run.
import type { MintUrl } from '../core/mint-url.ts'
import type { WalletDeps } from './engine.ts'

/** One mint in one run of the recovery. */
export interface MintRun {
  readonly mint: MintUrl
  readonly signal: AbortSignal
  /** It has let a request run into its time-out. */
  isSilent: boolean
}

/** Asks the mint; marks it as silent where nothing came of it (undefined, or `unknown`) and that took about as long as a request may take. */
export async function noteSilence<Answer extends { status: string } | undefined>(
  { clock, requestTimeoutMs }: WalletDeps,
  run: MintRun,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const began = clock.now()
  const answer = await ask()
  const isNothing = answer === undefined || ['unknown', 'unanswered', 'unclear'].includes(answer.status)
  // A connection that is refused at once costs nothing, and the next one may stand.
  if (isNothing && clock.now() - began > requestTimeoutMs / 2) run.isSilent = true
  return answer
}
