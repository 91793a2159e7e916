// What became of a request nobody answered? The one recovery of all operations.
//
//   restore the journalled outputs ── all there, inputs spent ► done
//     │ none                     └─── some there, no answer ──► unknown (the row stays)
//     │ there, and all inputs unspent: signed for another wallet of the same words
//   state of the inputs ── spent, and still nothing restored ─► failed (spent)
//     │ unspent          └ pending, no answer ────────────────► unknown
//   same request again ── signed ─────────────────────────────► done
//     │ refused          └ no answer ─────────────────────────► unknown
//   keyset or fee changed, outputs signed before ── new outputs, same inputs, from the top
//     │ no
//     └───────────────────────────────────────────────────────► failed (refused), once no request can land any more
//
// No single error answer proves anything: codes differ between mints.
import type { WalletDeps } from './engine.ts'
import { captureWindow } from './capture-window.ts'
import { fail, finish } from './journal.ts'
import type { Ecash } from './ecash-port.ts'
import type { MintReply } from './mint-port.ts'
import type { Attempt, Operation } from './ports.ts'
import { restoreAttempts } from './restore-attempts.ts'
import { askMint, unblindAll } from './ask-mint.ts'
import { inputsState } from './inputs-state.ts'
import { ALREADY_SIGNED, successor } from './successor.ts'
import type { OperationResult } from './transaction.ts'
import type { Outcome } from './operation-options.ts'

type Refusal = Extract<MintReply<never>, { status: 'refused' }>

const MOST_ROUNDS = 6
/** Codes that say something was done already: the states of the inputs know better (code 0: any exception of nutshell). */
const DOUBTFUL = new Set([0, 11001, 11002, 11003, 11004])

/** Finds out how a submitted row stands and ends it where the mint can tell. `refused` is the answer just received, if any. */
export async function settleOperation(
  deps: WalletDeps,
  ecash: Ecash,
  operation: Operation,
  signal: AbortSignal | undefined,
  refused?: Refusal,
): Promise<Outcome> {
  const unknown: Outcome = { status: 'unknown', operationId: operation.id }
  let refusal = refused
  let seenSpent = false
  let replayed = false
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const restored = await restoreAttempts(deps, ecash, operation, signal)
    if (restored.status === 'unclear') return unknown
    const inputs = await inputsState(deps, ecash, operation, signal)
    const isForeign = restored.status !== 'none' && inputs.status === 'unspent'
    if (restored.status === 'all' && !isForeign)
      return finish({ ...deps, ecash }, operation, restored.attempt, restored.signed)
    if (inputs.status === 'unclear' || (restored.status === 'some' && !isForeign)) return unknown
    const attempt = deps.store.attempts(operation.id).at(-1)
    if (attempt === undefined) return unknown
    if (inputs.status === 'spent') {
      // The request may have landed between the two questions: only a second restore after this answer tells.
      if (seenSpent) return spent(deps, ecash, operation, attempt, inputs.unspentYs)
      seenSpent = true
      continue
    }
    seenSpent = false
    if (refusal === undefined || (DOUBTFUL.has(refusal.code) && !replayed)) {
      if (captureWindow(deps, operation) !== 'open') return closed(deps, ecash, operation, inputs.unspentYs)
      replayed = refusal !== undefined
      const next = await replay(deps, ecash, operation, attempt, signal)
      if (next === 'unanswered') return unknown
      if ('status' in next && next.status !== 'refused') return next
      refusal = next
      continue
    }
    if (attempt.mayLandUntil > deps.clock.now()) return unknown
    if (captureWindow(deps, operation) !== 'open') return closed(deps, ecash, operation, inputs.unspentYs)
    const code = isForeign ? ALREADY_SIGNED : refusal.code
    if (!(await successor(deps, ecash, operation, attempt, code, signal))) {
      if (isForeign) return unknown
      return refusedForGood(deps, ecash, operation, refusal, inputs.unspentYs)
    }
    refusal = undefined
  }
  return unknown
}

async function replay(
  deps: WalletDeps,
  ecash: Ecash,
  operation: Operation,
  attempt: Attempt,
  signal: AbortSignal | undefined,
): Promise<OperationResult | Refusal | 'unanswered'> {
  const reply = await askMint(deps, ecash, operation, attempt, signal)
  if (reply.status === 'refused') return reply
  if (reply.status === 'unanswered') return 'unanswered'
  const signed = await unblindAll(deps, ecash, operation, attempt, reply.value)
  return signed === undefined ? 'unanswered' : finish({ ...deps, ecash }, operation, attempt, signed)
}

function spent(
  deps: WalletDeps,
  ecash: Ecash,
  operation: Operation,
  attempt: Attempt,
  unspentYs: ReadonlySet<string>,
): Outcome {
  // An issued quote whose coins cannot be restored is the mint's fault: the row stays and is asked again.
  if (operation.quote !== undefined) return { status: 'unknown', operationId: operation.id }
  if (attempt.mayLandUntil > 0 && operation.kind === 'capture' && captureWindow(deps, operation) !== 'over') {
    return { status: 'unknown', operationId: operation.id }
  }
  const detail = 'the mint says that it is already spent'
  return fail({ ...deps, ecash }, operation, { reason: 'spent', detail }, unspentYs)
}

function closed(
  deps: WalletDeps,
  ecash: Ecash,
  operation: Operation,
  unspentYs: ReadonlySet<string>,
): Outcome {
  if (captureWindow(deps, operation) !== 'over') return { status: 'unknown', operationId: operation.id }
  const detail = 'the time to take this payment is over and it was never taken'
  return fail({ ...deps, ecash }, operation, { reason: 'late', detail }, unspentYs)
}

function refusedForGood(
  deps: WalletDeps,
  ecash: Ecash,
  operation: Operation,
  refusal: Refusal,
  unspentYs: ReadonlySet<string>,
): Outcome {
  // What was paid by Lightning is owed, whatever the mint says today.
  if (operation.quote !== undefined) return { status: 'unknown', operationId: operation.id }
  const detail = `the mint refuses it (${refusal.code}): ${refusal.detail}`
  return fail({ ...deps, ecash }, operation, { reason: 'refused', detail }, unspentYs)
}
