// Did the mint sign what we asked for? It restores any outputs it ever signed (NUT-09), all of them or it does not count.
import type { WalletDeps } from './engine.ts'
import type { SignedOutput } from './journal.ts'
import type { Ecash } from './ecash-port.ts'
import type { Attempt, Operation } from './ports.ts'
import { unblindAll } from './ask-mint.ts'

export type Restored =
  | { status: 'all'; attempt: Attempt; signed: SignedOutput[] }
  | { status: 'none' }
  /** Only some of the outputs of an attempt, or for other amounts: that is never saved. */
  | { status: 'some' }
  /** No answer, or one that is not genuine. */
  | { status: 'unclear' }

/** Asks for every set of outputs the operation ever sent, newest first. */
export async function restoreAttempts(
  deps: WalletDeps,
  ecash: Ecash,
  operation: Operation,
  signal: AbortSignal | undefined,
): Promise<Restored> {
  for (const attempt of deps.store.attempts(operation.id).toReversed()) {
    const reply = await deps.mints.connection(operation.mint).restore(attempt.outputs, signal)
    if (reply.status !== 'ok') return { status: 'unclear' }
    const byOutput = new Map(reply.value.map(({ B_, signature }) => [B_, signature]))
    const signatures = attempt.outputs.map(({ B_ }) => byOutput.get(B_))
    if (signatures.every((signature) => signature === undefined)) continue
    const isAsked = attempt.outputs.every(
      ({ amountSat }, index) => signatures[index]?.amountSat === amountSat,
    )
    if (!isAsked) return { status: 'some' }
    const signed = await unblindAll(deps, ecash, operation, attempt, signatures)
    return signed === undefined ? { status: 'unclear' } : { status: 'all', attempt, signed }
  }
  return { status: 'none' }
}
