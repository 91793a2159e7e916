// How does a provider give a payment back that it never took? It signs every proof over to the sender, and is done with it.
import { PaygressError } from '../core/errors.ts'
import { invalid } from './decode-token.ts'
import { blankOperation, newOperationId, recordEnded } from './engine.ts'
import type { WalletDeps } from './engine.ts'
import { fixFate } from './capture-payment.ts'
import { secretLock } from './token-lock.ts'
import type { OperationResult } from './transaction.ts'
import type { InspectedToken } from './inspected-token.ts'
import type { OperationOptions } from './operation-options.ts'

/**
 * Stores and returns one signature per proof; the same ones when asked again. Throws `failed` where a capture of one of the
 * proofs was submitted, `invalid_token` where the token is not locked to a key of this wallet. No mint is asked.
 */
export function releasePayment(
  deps: WalletDeps,
  token: InspectedToken,
  options: OperationOptions,
): OperationResult {
  const ecash = deps.ecashSource.loaded()
  if (ecash === undefined)
    throw new PaygressError('internal', 'the ecash library was not loaded before a release')
  const before = releasedBefore(deps, token)
  if (before !== undefined) return before
  const keysetIds = deps.store.keysets(token.mint).map(({ id }) => id)
  const { proofs } = ecash.decodeToken(token.token, keysetIds)
  const signatures = proofs.map(({ secret }) => {
    const lock = secretLock(secret)
    const key = lock.kind === 'p2pk' ? deps.store.keyByPubkey(lock.pubkey) : undefined
    if (key === undefined) throw invalid('it is not locked to a key of this wallet')
    return deps.keys.signSecret(key, secret)
  })
  const ys = proofs.map(({ secret }) => ecash.proofY(secret))
  const id = newOperationId(deps.random)
  const operation = {
    ...blankOperation(deps, id, 'release', token.mint, options),
    state: 'done' as const,
    amountSat: token.amountSat,
    result: { status: 'done' as const, operationId: id, amountSat: token.amountSat, feeSat: 0n, signatures },
  }
  return recordEnded(deps, operation, options, ys, (writer) => fixFate(writer, ys, 'released', id))
}

function releasedBefore(deps: WalletDeps, token: InspectedToken): OperationResult | undefined {
  const fates = token.ys.map((y) => deps.store.fate(y))
  const id = fates[0]?.operationId
  const whole =
    id !== undefined && fates.every((fate) => fate?.fate === 'released' && fate.operationId === id)
  const result = whole ? deps.store.operation(id)?.result : undefined
  const count = result?.status === 'done' ? result.signatures?.length : undefined
  return count === token.ys.length ? result : undefined
}
