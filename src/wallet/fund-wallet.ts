// How does money come in by Lightning? An invoice is journalled before it is shown, and minted whenever it turns out to be paid.
import { PaygressError } from '../core/errors.ts'
import { quoteArgument } from '../core/quote-argument.ts'
import type { MintUrl } from '../core/mint-url.ts'
import { unsentKey } from './ask-mint.ts'
import { blankOperation, exclusively, newOperationId, countersFrom } from './engine.ts'
import type { WalletDeps } from './engine.ts'
import { invoiceMatches } from './invoice-amount.ts'
import { madeAhead } from './made-ahead.ts'
import { makeOutputs } from './make-outputs.ts'
import { UNIT } from './unit.ts'
import { valueOf } from './value-of.ts'
import type { Ecash } from './ecash-port.ts'
import type { Attempt, Operation, StoredQuote } from './ports.ts'
import { settleStored } from './recover-operations.ts'
import { neverLost, submitOperation } from './submit-operation.ts'
import { requireTrust } from './take-token.ts'
import type { FundQuote } from './mint-facts.ts'
import type { Outcome } from './operation-options.ts'

const QUOTE_KEYS_NUT = 20
/** The error list of the NUTs: the amount is outside the mint's limits. */
const OUTSIDE_LIMITS = 11006
const POLL_MS = 1_000
const POLL_LONGEST_MS = 5_000
/** A payment may arrive that long after its invoice has expired. */
const EXPIRY_GRACE_SEC = 120

/** Asks for an invoice. Throws `mint_not_trusted`, `invalid_amount`, `mint_unreachable`, `mint_misbehaved`. */
export async function requestInvoice(deps: WalletDeps, mint: MintUrl, amountSat: bigint): Promise<FundQuote> {
  requireTrust(deps, mint)
  if (amountSat <= 0n) throw new PaygressError('invalid_amount', 'the amount must be at least 1 sat')
  const { nuts } = await deps.mints.info(mint)
  const key = nuts.includes(QUOTE_KEYS_NUT) ? deps.keys.next('quote') : undefined
  const request = { amountSat, unit: UNIT, ...(key === undefined ? {} : { pubkey: key.pubkey }) }
  const reply = await deps.mints.connection(mint).createQuote(request)
  if (reply.status === 'refused' && reply.code === OUTSIDE_LIMITS) throw outsideLimits(mint, amountSat, reply)
  const asked = valueOf(mint, reply)
  if (!invoiceMatches(asked.invoice, amountSat) || (asked.amountSat ?? amountSat) !== amountSat) {
    throw new PaygressError(
      'mint_misbehaved',
      `${mint} made an invoice for another amount than ${amountSat} sat`,
    )
  }
  const quote: StoredQuote = {
    id: asked.id,
    invoice: asked.invoice,
    amountSat,
    expiresAt: asked.expiresAt,
    keyIndex: key?.index,
  }
  const operationId = newOperationId(deps.random)
  deps.store.transaction((tx) =>
    deps.store
      .within(tx)
      .insertOperation({ ...blankOperation(deps, operationId, 'fund', mint, {}), amountSat, quote }, []),
  )
  return {
    operationId,
    quoteId: quote.id,
    mint,
    amountSat,
    invoice: quote.invoice,
    expiresAt: quote.expiresAt,
  }
}

function outsideLimits(mint: MintUrl, amountSat: bigint, { detail }: { detail: string }): PaygressError {
  return new PaygressError('invalid_amount', `${mint} makes no invoice over ${amountSat} sat: ${detail}`, {
    hint: 'name an amount within the limits of this mint (a large one in several parts), or use another --mint',
  })
}

/** Waits for the payment of an invoice and mints it. Throws `timeout` where it expires unpaid or the signal ends the wait. */
export async function awaitFunding(
  deps: WalletDeps,
  operationId: string,
  options: { signal: AbortSignal; onPaid?: () => void },
): Promise<Outcome> {
  const { operation, quote } = fundOperation(deps, operationId)
  if (operation.state !== 'prepared') return await settleStored(deps, operationId, options.signal)
  await untilPaid(deps, operation, quote, options.signal)
  options.onPaid?.()
  return await mintPaid(deps, operationId, options.signal)
}

/** Mints an invoice that is paid; what another caller or process has begun is settled instead. */
export async function mintPaid(
  deps: WalletDeps,
  operationId: string,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  const ecash = await deps.ecashSource.load()
  return await exclusively(deps, operationId, async () => {
    const { operation, quote } = fundOperation(deps, operationId)
    if (operation.result !== undefined) return operation.result
    // The invoice is paid: a mint that has no usable keyset now still owes the coins.
    return await neverLost(operationId, async () => {
      const begun =
        operation.state === 'prepared' ? await claimQuote(deps, ecash, operation, quote, signal) : undefined
      if (begun === undefined) return { status: 'unknown', operationId }
      return await submitOperation(deps, ecash, begun, signal)
    })
  })
}

async function claimQuote(
  deps: WalletDeps,
  ecash: Ecash,
  operation: Operation,
  quote: StoredQuote,
  signal: AbortSignal | undefined,
): Promise<{ operation: Operation; attempt: Attempt } | undefined> {
  const { store, clock } = deps
  const keyset = await deps.mints.activeKeyset(operation.mint, signal)
  const seed = deps.keys.seed()
  const owner = deps.owners.current()
  const sats = { sendSat: 0n, keepSat: quote.amountSat }
  const maker = madeAhead(ecash, (rehearsal) => {
    makeOutputs({ ecash: rehearsal, seed, writer: countersFrom(store) }, operation.plan, sats, keyset)
  })
  return store.transaction((tx) => {
    const writer = store.within(tx)
    const from = { state: 'prepared', owner: operation.owner } as const
    const now = clock.now()
    if (!writer.updateOperation(operation.id, from, { state: 'submitted', owner, updatedAt: now }))
      return undefined
    const attempt: Attempt = {
      number: 1,
      outputs: makeOutputs({ ecash: maker, seed, writer }, operation.plan, sats, keyset),
      feeSat: 0n,
      mayLandUntil: now + deps.requestTimeoutMs,
    }
    writer.saveAttempt(operation.id, attempt)
    deps.unsent.add(unsentKey(operation.id, attempt))
    return { operation: { ...operation, state: 'submitted', owner }, attempt }
  })
}

function fundOperation(deps: WalletDeps, operationId: string): { operation: Operation; quote: StoredQuote } {
  const operation = deps.store.operation(operationId)
  const quote = operation?.quote
  if (operation === undefined || quote === undefined) {
    throw new PaygressError('usage', `there is no invoice ${quoteArgument(operationId)}`)
  }
  return { operation, quote }
}

// The socket only wakes the question up: what counts is the mint's answer, and polling goes on without a socket.
async function untilPaid(
  deps: WalletDeps,
  operation: Operation,
  quote: StoredQuote,
  signal: AbortSignal,
): Promise<void> {
  const mint = deps.mints.connection(operation.mint)
  let wake: () => void = () => undefined
  const stop = mint.watchQuote(quote.id, () => wake())
  try {
    for (let pause = POLL_MS; ; pause = Math.min(POLL_LONGEST_MS, pause * 1.3)) {
      if (signal.aborted) throw waitEnded(operation, 'the wait for the payment was ended')
      const reply = await mint.quote(quote.id, signal)
      if (reply.status === 'ok' && (reply.value.state === 'PAID' || reply.value.state === 'ISSUED')) return
      if (deps.store.operation(operation.id)?.state !== 'prepared') return
      const now = deps.mints.knownTime(operation.mint)
      if (
        quote.expiresAt !== undefined &&
        now > quote.expiresAt + EXPIRY_GRACE_SEC &&
        reply.status === 'ok'
      ) {
        throw waitEnded(operation, 'the invoice has expired unpaid')
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pause)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
        signal.addEventListener('abort', wake, { once: true })
      })
      signal.removeEventListener('abort', wake)
    }
  } finally {
    stop()
  }
}

function waitEnded(operation: Operation, why: string): PaygressError {
  return new PaygressError('timeout', why, {
    hint: 'paygress orders recover, should it have been paid all the same',
    details: { operation_id: operation.id },
  })
}
