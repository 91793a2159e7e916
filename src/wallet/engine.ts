// How is any movement of money run? Journal, ask the mint, save; and whatever goes wrong in between is settled by the same recovery.
import type { Random } from '../core/clock.ts'
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import { unsentKey } from './ask-mint.ts'
import type { JournalDeps } from './journal.ts'
import { effectOf } from './journal.ts'
import { madeAhead } from './made-ahead.ts'
import { makeOutputs } from './make-outputs.ts'
import type { MintDirectory } from './mint-directory.ts'
import { UNIT } from './unit.ts'
import type { OwnKeys } from './own-keys.ts'
import type { Ecash, EcashSource, KeysetKeys, Proof } from './ecash-port.ts'
import type {
  Attempt,
  Operation,
  OperationKind,
  OperationPlan,
  Transaction,
  WalletReader,
  WalletWriter,
} from './ports.ts'
import type { OperationResult } from './transaction.ts'
import type { OperationOptions, Outcome } from './operation-options.ts'

/** Everything the operations of the wallet work with. */
export interface WalletDeps extends JournalDeps {
  ecashSource: EcashSource
  random: Random
  mints: MintDirectory
  keys: OwnKeys
  /** How long a request may take before it counts as unanswered; as long it may still reach the mint. */
  requestTimeoutMs: number
  /** Attempts of this process whose first request has not been sent yet. */
  unsent: Set<string>
  /** Operations that this process works on right now. */
  active: Map<string, Promise<Outcome>>
}

/** What an operation starts with; made inside the first transaction. */
export interface Draft {
  inputs: Proof[]
  inputYs: string[]
  plan: OperationPlan
  /** Sats of token and change; the rest of the inputs is the fee. */
  sats: { sendSat: bigint; keepSat: bigint }
  feeSat: bigint
}

export interface Start {
  kind: OperationKind
  mint: MintUrl
  keyset: KeysetKeys
  options: OperationOptions
  captureBefore?: number | undefined
  lockEndsAt?: number | undefined
  /** Written first of all; what it throws leaves nothing written. */
  reserve?(writer: WalletWriter, operationId: string): void
  /** Throws where the operation is not possible: then nothing was written. Asked before the database is locked, too. */
  draft(reader: WalletReader): Draft
}

/** A fresh operation id: 128 random bits in hex. */
export function newOperationId(random: Random): string {
  return Array.from(random.bytes(16), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Writes the row, its inputs and its outputs, and reserves what it takes, in one transaction. */
export function begin(
  deps: WalletDeps,
  ecash: Ecash,
  start: Start,
): { operation: Operation; attempt: Attempt } {
  const { store, clock, keys } = deps
  if (start.options.effect !== undefined) effectOf(deps, start.options.effect.name)
  const id = newOperationId(deps.random)
  const seed = keys.seed()
  const { keyset } = start
  const maker = madeAhead(ecash, (rehearsal) => {
    const draft = start.draft(store)
    makeOutputs({ ecash: rehearsal, seed, writer: countersFrom(store) }, draft.plan, draft.sats, keyset)
  })
  return store.transaction((tx) => {
    const writer = store.within(tx)
    start.reserve?.(writer, id)
    const draft = start.draft(writer)
    const operation: Operation = {
      ...blankOperation(deps, id, start.kind, start.mint, start.options),
      state: 'submitted',
      amountSat:
        start.kind === 'fund' || draft.plan.send === undefined ? draft.sats.keepSat : draft.sats.sendSat,
      feeSat: draft.feeSat,
      inputs: draft.inputs,
      plan: draft.plan,
      captureBefore: start.captureBefore,
      lockEndsAt: start.lockEndsAt,
    }
    writer.insertOperation(operation, draft.inputYs)
    if (draft.plan.ownInputs) writer.reserveCoins(draft.inputYs, id)
    const attempt: Attempt = {
      number: 1,
      outputs: makeOutputs({ ecash: maker, seed, writer }, draft.plan, draft.sats, keyset),
      feeSat: draft.feeSat,
      mayLandUntil: clock.now() + deps.requestTimeoutMs,
    }
    writer.saveAttempt(id, attempt)
    deps.unsent.add(unsentKey(id, attempt))
    start.options.prepare?.(tx, id)
    return { operation, attempt }
  })
}

/** Counters as they will be handed out if nobody else takes any meanwhile; nothing is written. */
export function countersFrom(reader: WalletReader): Pick<WalletWriter, 'takeCounters'> {
  let taken = 0
  return {
    takeCounters: (keysetId, count) => {
      const first = reader.counter(keysetId) + taken
      taken += count
      return first
    },
  }
}

/** A row with nothing in it yet. */
export function blankOperation(
  deps: WalletDeps,
  id: string,
  kind: OperationKind,
  mint: MintUrl,
  options: OperationOptions,
): Operation {
  const now = deps.clock.now()
  return {
    id,
    kind,
    state: 'prepared',
    mint,
    unit: UNIT,
    amountSat: 0n,
    feeSat: 0n,
    orderId: options.orderId,
    inputs: [],
    plan: { send: undefined, ownInputs: false },
    quote: undefined,
    effect: options.effect,
    owner: deps.owners.current(),
    result: undefined,
    captureBefore: undefined,
    lockEndsAt: undefined,
    createdAt: now,
    updatedAt: now,
  }
}

/** Writes a row that has ended before the mint was asked, with its effect, in one transaction. */
export function recordEnded(
  deps: WalletDeps,
  operation: Operation,
  options: OperationOptions,
  inputYs: readonly string[],
  check?: (writer: WalletWriter, tx: Transaction) => void,
): OperationResult {
  const { store } = deps
  const { result } = operation
  if (result === undefined) throw new PaygressError('internal', 'an operation without a result has not ended')
  const effect = options.effect === undefined ? undefined : effectOf(deps, options.effect.name)
  return store.transaction((tx) => {
    const writer = store.within(tx)
    check?.(writer, tx)
    writer.insertOperation(operation, inputYs)
    options.prepare?.(tx, operation.id)
    if (options.effect !== undefined) effect?.(tx, result, options.effect.args)
    return result
  })
}

/** Keeps one promise per operation, so that nobody in this process works on a row twice. */
export function exclusively(
  deps: WalletDeps,
  operationId: string,
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  const running = deps.active.get(operationId)
  if (running !== undefined) return running
  const promise = work().finally(() => deps.active.delete(operationId))
  deps.active.set(operationId, promise)
  return promise
}
