// What did a crash leave open? Rows whose process is dead, or which this process had to leave unknown, are settled mint by mint.
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import { quoteArgument } from '../core/quote-argument.ts'
import { exclusively } from './engine.ts'
import type { WalletDeps } from './engine.ts'
import { fail } from './journal.ts'
import { ASKED_FOR_MS, lateCaptures } from './late-captures.ts'
import { type MintRun, noteSilence } from './mint-run.ts'
import type { Operation } from './ports.ts'
import { settleTokens } from './settle-tokens.ts'
import { settleOperation } from './settle-operation.ts'
import { neverLost } from './submit-operation.ts'
import type { OperationResult } from './transaction.ts'
import type { Outcome } from './operation-options.ts'
import type { RecoverOptions, RecoveryReport } from './recovery-report.ts'

/** An unpaid invoice is asked for that long after it expired (or was made, where it does not say). */
const INVOICE_FORGOTTEN_SEC = 86_400
/** So many rows of one mint at once: one after the other, a thousand would wait for two thousand answers. */
const AT_ONCE = 8

/** The mints that have rows to end, by the journal alone. */
export function mintsToRecover({ store, clock }: WalletDeps): MintUrl[] {
  const rows = [...store.openOperations(), ...store.failedCaptures(clock.now() - ASKED_FOR_MS)]
  return [...new Set(rows.map(({ mint }) => mint))]
}

/**
 * Goes through all open rows of the journal that nobody else works on: one mint after no other, so that one that does not answer holds up
 * nothing but its own, and that only once.
 */
export async function recoverOperations(
  deps: WalletDeps,
  mintPaid: MintPaid,
  { signal, mint: only, thorough = false, onMint }: RecoverOptions,
): Promise<RecoveryReport> {
  const report: RecoveryReport = { ended: [], open: [] }
  const tokens = deps.store.unsettledTokens()
  const mints = new Set([...mintsToRecover(deps), ...tokens.map(({ mint }) => mint)])
  const asked = only === undefined ? [...mints] : [...mints].filter((mint) => mint === only)
  const work = asked.map(async (mint) => {
    const run: MintRun = { mint, signal, isSilent: false }
    await recoverMint(deps, mintPaid, run, report)
    report.ended.push(...(await lateCaptures(deps, run)))
    onMint?.(mint)
    await settleTokens(deps, run, thorough)
  })
  // All of them have come to an end before a failure of one is told.
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason
  return report
}

async function recoverMint(
  deps: WalletDeps,
  mintPaid: MintPaid,
  run: MintRun,
  report: RecoveryReport,
): Promise<void> {
  const rows = deps.store.openOperations().filter(({ mint }) => mint === run.mint)
  const recoverNext = async (): Promise<boolean> => {
    const operation = rows.shift()
    if (operation === undefined || run.signal.aborted) return false
    await recoverRow(deps, mintPaid, run, operation, report)
    return true
  }
  // The first one shows whether the mint answers at all.
  await recoverNext()
  const inTurn = async (): Promise<void> => {
    while (await recoverNext());
  }
  const results = await Promise.allSettled(Array.from({ length: AT_ONCE }, inTurn))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

async function recoverRow(
  deps: WalletDeps,
  mintPaid: MintPaid,
  run: MintRun,
  operation: Operation,
  report: RecoveryReport,
): Promise<void> {
  if (deps.active.has(operation.id) || !knowsEffect(deps, operation) || !takeOver(deps, operation)) return
  const outcome = await asked(deps, run, operation, mintPaid)
  if (outcome === undefined) return
  const { id: operationId, kind, mint, orderId, createdAt } = operation
  if (outcome.status === 'unknown') report.open.push({ operationId, kind, orderId, mint, createdAt })
  else report.ended.push({ operationId, kind, orderId, result: outcome })
}

/** What became of one row; of a mint that kept us waiting for nothing in this run, nothing more is asked. */
async function asked(
  deps: WalletDeps,
  run: MintRun,
  operation: Operation,
  mintPaid: MintPaid,
): Promise<Outcome | undefined> {
  const isInvoice = operation.state === 'prepared'
  if (run.isSilent) return isInvoice ? undefined : { status: 'unknown', operationId: operation.id }
  // What fails here, after the mint has answered, is no silence of the mint.
  return await orOpen(operation, async () =>
    noteSilence(deps, run, async () =>
      isInvoice
        ? await paidMeanwhile(deps, mintPaid, operation, run.signal)
        : await settleStored(deps, operation.id, run.signal),
    ),
  )
}

// A row that cannot be ended here and now must not keep the money of all others from being found.
async function orOpen(
  { id: operationId }: Operation,
  work: () => Promise<Outcome | undefined>,
): Promise<Outcome | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof PaygressError && error.code === 'outcome_unknown')
      return { status: 'unknown', operationId }
    throw error
  }
}

/** Mints a paid quote; passed in, since minting is itself settled by this file. */
export type MintPaid = (operationId: string, signal: AbortSignal) => Promise<Outcome>

/** Asks once more for one stored operation; its result where it has ended. Throws `usage` where there is none. */
export async function settleStored(
  deps: WalletDeps,
  operationId: string,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  const running = deps.active.get(operationId)
  if (running !== undefined) return await running
  const operation = deps.store.operation(operationId)
  if (operation === undefined)
    throw new PaygressError('usage', `there is no operation ${quoteArgument(operationId)}`)
  if (operation.result !== undefined) return operation.result
  const unknown: Outcome = { status: 'unknown', operationId }
  if (operation.state !== 'submitted' || !takeOver(deps, operation)) return unknown
  const ecash = await deps.ecashSource.load()
  return await exclusively(deps, operationId, () =>
    neverLost(operationId, () => settleOperation(deps, ecash, operation, signal)),
  )
}

// Compare-and-set: of two processes that find the row of a dead one, one gets it.
function takeOver(deps: WalletDeps, operation: Operation): boolean {
  const me = deps.owners.current()
  if (operation.owner === me) return true
  if (deps.owners.isAlive(operation.owner)) return false
  const from = { state: operation.state, owner: operation.owner }
  const to = { state: operation.state, owner: me, updatedAt: deps.clock.now() }
  return deps.store.transaction((tx) => deps.store.within(tx).updateOperation(operation.id, from, to))
}

function knowsEffect(deps: WalletDeps, operation: Operation): boolean {
  return operation.effect === undefined || Object.hasOwn(deps.effects, operation.effect.name)
}

async function paidMeanwhile(
  deps: WalletDeps,
  mintPaid: MintPaid,
  operation: Operation,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const { quote } = operation
  if (quote === undefined) return undefined
  const reply = await deps.mints.connection(operation.mint).quote(quote.id, signal)
  if (reply.status !== 'ok') return undefined
  if (reply.value.state === 'PAID' || reply.value.state === 'ISSUED')
    return await mintPaid(operation.id, signal)
  const since = quote.expiresAt ?? Math.floor(operation.createdAt / 1000)
  if (
    reply.value.state === 'UNPAID' &&
    deps.mints.knownTime(operation.mint) > since + INVOICE_FORGOTTEN_SEC
  ) {
    return await forget(deps, operation)
  }
  return undefined
}

async function forget(deps: WalletDeps, operation: Operation): Promise<OperationResult> {
  const ecash = await deps.ecashSource.load()
  const detail = 'the invoice has expired unpaid'
  return fail({ ...deps, ecash }, operation, { reason: 'late', detail }, new Set())
}
