// What happens between the two transactions of an operation? The mint is asked once; anything but a clean answer goes to recovery.
import { PaygressError } from '../core/errors.ts'
import type { WalletDeps } from './engine.ts'
import { finish } from './journal.ts'
import type { BlindSignature, Ecash } from './ecash-port.ts'
import type { MintReply } from './mint-port.ts'
import type { Attempt, Operation } from './ports.ts'
import { askMint, unblindAll } from './ask-mint.ts'
import { settleOperation } from './settle-operation.ts'
import type { Outcome } from './operation-options.ts'

/** Asks the mint for a row that was just written and ends it, or leaves it `unknown` for recovery. */
export async function submitOperation(
  deps: WalletDeps,
  ecash: Ecash,
  { operation, attempt }: { operation: Operation; attempt: Attempt },
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  return await neverLost(operation.id, async () => {
    const reply = await askMint(deps, ecash, operation, attempt, signal)
    return concluded(deps, ecash, operation, attempt, reply, signal)
  })
}

async function concluded(
  deps: WalletDeps,
  ecash: Ecash,
  operation: Operation,
  attempt: Attempt,
  reply: MintReply<BlindSignature[]>,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  if (reply.status === 'ok') {
    const signed = await unblindAll(deps, ecash, operation, attempt, reply.value)
    if (signed !== undefined) return finish({ ...deps, ecash }, operation, attempt, signed)
  }
  return await settleOperation(deps, ecash, operation, signal, reply.status === 'refused' ? reply : undefined)
}

/** Runs what follows the first transaction: from there on no failure may look as if nothing had happened. */
export async function neverLost(operationId: string, work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work()
  } catch (error) {
    const code = error instanceof PaygressError ? error.code : undefined
    if (code === 'mint_unreachable' || code === 'mint_misbehaved') return { status: 'unknown', operationId }
    throw new PaygressError('outcome_unknown', `the outcome of operation ${operationId} is not known yet`, {
      hint: 'paygress orders recover',
      details: { operation_id: operationId },
      cause: error,
    })
  }
}
