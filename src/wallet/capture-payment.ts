// How does a provider take a payment it has authorised? By a swap in time, which forbids its release for ever.
import { PaygressError } from '../core/errors.ts'
import { latestCapture } from './capture-window.ts'
import { blankOperation, begin, exclusively, newOperationId, recordEnded } from './engine.ts'
import type { WalletDeps } from './engine.ts'
import { paymentToken } from './inspect-token.ts'

import type { Proof } from './ecash-port.ts'
import type { WalletWriter } from './ports.ts'
import { submitOperation } from './submit-operation.ts'
import { takeAll, witnessed } from './take-token.ts'
import { secretLock } from './token-lock.ts'
import type { InspectedToken } from './inspected-token.ts'
import type { OperationOptions, Outcome } from './operation-options.ts'

export interface CaptureOptions extends OperationOptions {
  captureBefore: number
  lockEndsAt: number | undefined
}

/** Swaps a payment into this wallet. Throws `failed` where one of its proofs was released or captured before. */
export async function capturePayment(
  deps: WalletDeps,
  inspected: InspectedToken,
  options: CaptureOptions,
): Promise<Outcome> {
  const ecash = await deps.ecashSource.load()
  const token = await paymentToken(deps, inspected.token, undefined)
  const keyset = await deps.mints.activeKeyset(token.mint, options.signal)
  const now = await deps.mints.time(token.mint, options.signal)
  if (now >= latestCapture(options.captureBefore, options.lockEndsAt)) return late(deps, inspected, options)
  const inputs = token.proofs.map((proof) => signedProof(deps, proof))
  const begun = begin(deps, ecash, {
    kind: 'capture',
    mint: token.mint,
    keyset,
    options,
    captureBefore: options.captureBefore,
    lockEndsAt: options.lockEndsAt,
    reserve: (writer, operationId) => fixFate(writer, token.ys, 'captured', operationId),
    draft: () => {
      const plan = { send: undefined, ownInputs: false }
      return { ...takeAll(token, keyset), inputs, inputYs: token.ys, plan }
    },
  })
  return await exclusively(deps, begun.operation.id, () =>
    submitOperation(deps, ecash, begun, options.signal),
  )
}

// Nothing was asked of the mint: the proofs stay as free as they were.
function late(deps: WalletDeps, token: InspectedToken, options: CaptureOptions): Outcome {
  const id = newOperationId(deps.random)
  const detail = 'the time to take this payment is over'
  const operation = {
    ...blankOperation(deps, id, 'capture', token.mint, options),
    state: 'failed' as const,
    amountSat: token.netSat,
    captureBefore: options.captureBefore,
    lockEndsAt: options.lockEndsAt,
    result: { status: 'failed' as const, operationId: id, reason: 'late' as const, detail },
  }
  return recordEnded(deps, operation, options, [])
}

function signedProof(deps: WalletDeps, proof: Proof): Proof {
  const lock = secretLock(proof.secret)
  if (lock.kind === 'none') return proof
  const key = lock.kind === 'p2pk' ? deps.store.keyByPubkey(lock.pubkey) : undefined
  if (key === undefined) throw new PaygressError('invalid_token', 'the token is locked to somebody else')
  return witnessed(proof, deps.keys.signSecret(key, proof.secret))
}

/** Says for ever what was done with these proofs; throws `failed` where the opposite, or the same, was done before. */
export function fixFate(
  writer: WalletWriter,
  ys: readonly string[],
  fate: 'captured' | 'released',
  operationId: string,
): void {
  for (const y of ys) {
    const before = writer.fate(y)
    if (before !== undefined) {
      throw new PaygressError('failed', `a proof of this payment was ${before.fate} before`, {
        details: { operation_id: before.operationId },
      })
    }
    writer.saveFate({ y, fate, operationId })
  }
}
