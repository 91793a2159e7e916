// How does an operation enter the journal and leave it? In two transactions; between them the mint may do anything and we may die.
import type { Clock } from '../core/clock.ts'
import { PaygressError } from '../core/errors.ts'
import type { Ecash, Output, Proof } from './ecash-port.ts'
import type { Attempt, Coin, Operation, Owners, Transaction, WalletStore, WalletWriter } from './ports.ts'
import type { Effects, OperationResult } from './transaction.ts'

export interface JournalDeps {
  store: WalletStore
  effects: Effects
  clock: Clock
  owners: Owners
}

/** A proof of a signed output, with the output's role. */
export interface SignedOutput {
  role: Output['role']
  proof: Proof
}

/** The result of an operation whose outputs were all signed. */
function doneResult(
  operation: Operation,
  attempt: Attempt,
  signed: readonly SignedOutput[],
  ecash: Ecash,
): OperationResult {
  const made = signed.filter(({ role }) => role === 'send').map(({ proof }) => proof)
  // A refund is swapped by its receiver at once; without the DLEQ proofs a large one still fits into a message.
  const sent = operation.kind === 'refund' ? made.map(({ dleq: _dleq, ...proof }) => proof) : made
  const counted = operation.plan.send === undefined ? signed : signed.filter(({ role }) => role === 'send')
  return {
    status: 'done',
    operationId: operation.id,
    amountSat: counted.reduce((sum, { proof }) => sum + proof.amountSat, 0n),
    feeSat: attempt.feeSat,
    ...(sent.length === 0
      ? {}
      : { token: ecash.encodeToken({ mint: operation.mint, unit: operation.unit, proofs: sent }) }),
  }
}

/**
 * Ends an operation in one transaction: coins in, inputs spent, result stored, effect run. Returns the result that stands,
 * which is another process's if that was faster. `from` failed: the mint has done all the same what was given up.
 */
export function finish(
  deps: JournalDeps & { ecash: Ecash },
  operation: Operation,
  attempt: Attempt,
  signed: readonly SignedOutput[],
  from: 'submitted' | 'failed' = 'submitted',
): OperationResult {
  const { store, ecash } = deps
  const result = doneResult(operation, attempt, signed, ecash)
  const coin = (proof: Proof): Coin => ({ y: ecash.proofY(proof.secret), proof })
  // The arithmetic first: nobody else can write while the transaction lasts.
  const inputYs = operation.inputs.map((proof) => ecash.proofY(proof.secret))
  const kept = signed.filter(({ role }) => role === 'keep').map(({ proof }) => coin(proof))
  const sent = signed.filter(({ role }) => role === 'send').map(({ proof }) => ecash.proofY(proof.secret))
  const stood = store.transaction((tx) => {
    const writer = store.within(tx)
    if (!end(deps, tx, writer, operation, 'done', result, from === 'failed')) return false
    if (operation.plan.ownInputs) writer.spendCoins(inputYs)
    else leaveTokens(writer, inputYs, operation.id)
    writer.addCoins(operation.mint, kept, operation.id)
    writer.addTokenYs(operation.id, sent)
    return true
  })
  return stood ? result : standing(deps, operation.id)
}

/** Ends an operation as failed: own inputs that the mint calls unspent are free again, the others stay spent. */
export function fail(
  deps: JournalDeps & { ecash: Ecash },
  operation: Operation,
  failure: { reason: 'spent' | 'refused' | 'late'; detail: string },
  unspentYs: ReadonlySet<string>,
): OperationResult {
  const { store, ecash } = deps
  const result: OperationResult = { status: 'failed', operationId: operation.id, ...failure }
  const ys = operation.inputs.map((proof) => ecash.proofY(proof.secret))
  const stood = store.transaction((tx) => {
    const writer = store.within(tx)
    if (!end(deps, tx, writer, operation, 'failed', result)) return false
    if (operation.plan.ownInputs) {
      writer.freeCoins(ys.filter((y) => unspentYs.has(y)))
      writer.spendCoins(ys.filter((y) => !unspentYs.has(y)))
    } else {
      leaveTokens(
        writer,
        ys.filter((y) => !unspentYs.has(y)),
        operation.id,
      )
    }
    return true
  })
  return stood ? result : standing(deps, operation.id)
}

/** A token's proofs are spent; a wallet that was restored has those of its own old tokens as coins besides. */
function leaveTokens(writer: WalletWriter, ys: readonly string[], operationId: string): void {
  writer.settleTokens(ys)
  writer.dropCoins(ys, operationId)
}

/** The end of a row and its effect; false where the row is not this process's any more. */
function end(
  deps: JournalDeps,
  tx: Transaction,
  writer: WalletWriter,
  operation: Operation,
  state: 'done' | 'failed',
  result: OperationResult,
  revives = false,
): boolean {
  const from = writer.operation(operation.id)
  if (from === undefined || from.state === 'done' || (from.state === 'failed') !== revives) return false
  const me = deps.owners.current()
  // Nobody works on a row that has ended: whoever finds its money takes it over.
  const owner = revives ? from.owner : me
  const change = {
    state,
    owner: me,
    result,
    updatedAt: deps.clock.now(),
    ...(result.status === 'done' ? { amountSat: result.amountSat, feeSat: result.feeSat } : {}),
  }
  if (!writer.updateOperation(operation.id, { state: from.state, owner }, change)) return false
  runEffect(deps, tx, operation, result)
  return true
}

/** Runs the effect a row names; throws `internal` where this process does not know it, which undoes the transaction. */
function runEffect(deps: JournalDeps, tx: Transaction, operation: Operation, result: OperationResult): void {
  if (operation.effect === undefined) return
  effectOf(deps, operation.effect.name)(tx, result, operation.effect.args)
}

/** The effect of that name; throws `internal`. */
export function effectOf(deps: JournalDeps, name: string): Effects[string] {
  const effect = Object.hasOwn(deps.effects, name) ? deps.effects[name] : undefined
  if (effect === undefined)
    throw new PaygressError('internal', `this process does not know the effect ${name}`)
  return effect
}

function standing(deps: JournalDeps, operationId: string): OperationResult {
  const result = deps.store.operation(operationId)?.result
  if (result !== undefined) return result
  throw new PaygressError('busy', `another process works on operation ${operationId}`)
}
