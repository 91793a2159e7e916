// How does money go out? Inputs become pending, the invoice is paid, the inputs become spent and the rest comes back. (NUT-05, 08)
//
//   UNPAID --melt--> PENDING --paid--> PAID
//      ^                |
//      +----failed------+
import { unixSeconds } from '../../core/clock.ts'
import { assertUnspent, verifyInputs } from './inputs.ts'
import type { VerifiedInputs } from './inputs.ts'
import { lightningFee, storedMeltQuote, wireMeltQuote } from './melt-quotes.ts'
import { announce } from './mint-context.ts'
import type { MintContext } from './mint-context.ts'
import { markPaid } from './mint-quotes.ts'
import type { StoredMeltQuote } from './mint-store.ts'
import { assertUnsigned, checkOutputs, saveSignatures, signOutputs } from './outputs.ts'
import type { PlannedOutput } from './outputs.ts'
import { MintRefusal } from './refusal.ts'
import type { MeltRequest } from './requests.ts'

const UNKNOWN_PREIMAGE = '0'.repeat(64)

/** Pays an invoice with proofs. The answer says PENDING where the payment takes its time. */
export async function melt(context: MintContext, request: MeltRequest): Promise<object> {
  const quote = storedMeltQuote(context.store, request.quote)
  assertPayable(context, quote)
  const blanks = (request.outputs ?? []).map(({ B_, id }) => ({ B_, keysetId: id }))
  const unit = blanks.length === 0 ? quote.unit : checkOutputs(context, blanks)
  const inputs = await verifyInputs(context, request.inputs)
  if (inputs.unit !== quote.unit || unit !== quote.unit) {
    throw new MintRefusal('otherUnit', `the quote is in ${quote.unit}`)
  }
  const paidIn = inputs.total - inputs.fee
  if (paidIn < quote.amount + quote.feeReserve) {
    throw new MintRefusal(
      'unbalanced',
      `${paidIn} after fees for a payment of ${quote.amount + quote.feeReserve}`,
    )
  }
  const pending = startPayment(context, { ...quote, paidIn, blanks }, inputs)
  if (isInternal(context, pending) || context.lightning.payAfter === 0) await completeMelt(context, quote.id)
  else followPayment(context, pending)
  return wireMeltQuote(context.store, storedMeltQuote(context.store, quote.id))
}

/** A quote as it is now; a payment that is due is completed first. */
export async function getMeltQuote(context: MintContext, id: string): Promise<object> {
  const { state, startedAtMs } = storedMeltQuote(context.store, id)
  if (
    state === 'PENDING' &&
    startedAtMs !== null &&
    context.lightning.isDue(context.lightning.payAfter, startedAtMs)
  ) {
    await completeMelt(context, id)
  }
  return wireMeltQuote(context.store, storedMeltQuote(context.store, id))
}

/** Completes a pending payment in its time, also one that an earlier run of the mint began. */
export function followPayment(context: MintContext, quote: StoredMeltQuote): void {
  const delay = isInternal(context, quote) ? 0 : context.lightning.payAfter
  context.lightning.whenDue(delay, quote.startedAtMs ?? 0, () => {
    completeMelt(context, quote.id).catch(context.onError)
  })
}

/** The payment succeeded: inputs are spent, change is signed, an invoice of this mint is paid. */
export async function completeMelt(context: MintContext, id: string): Promise<void> {
  const quote = storedMeltQuote(context.store, id)
  if (quote.state !== 'PENDING') return
  const own = context.store.mintQuoteByRequest(quote.request)
  const feePaid = own === undefined ? lightningFee(quote) : 0n
  const change = planChange(quote, quote.paidIn - quote.amount - feePaid)
  const signatures = await signOutputs(context, change)
  const spent = context.store.transaction((tx) => {
    // Two completions of one payment may run at once; the first one counts.
    if (tx.meltQuote(id)?.state !== 'PENDING') return undefined
    const proofs = tx.proofsOfMelt(id)
    for (const proof of proofs) tx.saveProof({ ...proof, state: 'SPENT' })
    saveSignatures(tx, signatures)
    if (own !== undefined) markPaid(tx, own.id)
    const preimage = own?.preimage ?? UNKNOWN_PREIMAGE
    tx.saveMeltQuote({
      ...quote,
      state: 'PAID',
      feePaid,
      preimage,
      change: change.map((output) => output.B_),
    })
    return proofs.map((proof) => proof.y)
  })
  if (spent === undefined) return
  announce(context, 'proof_state', spent)
  announce(context, 'bolt11_melt_quote', [id])
  if (own !== undefined) announce(context, 'bolt11_mint_quote', [own.id])
}

/** The payment failed: the inputs can be spent again and the quote can be paid again. */
export function failMelt(context: MintContext, id: string): void {
  const released = context.store.transaction((tx) => {
    const quote = storedMeltQuote(tx, id)
    if (quote.state !== 'PENDING') return []
    const proofs = tx.proofsOfMelt(id)
    tx.releaseProofs(id)
    tx.saveMeltQuote({ ...quote, state: 'UNPAID', startedAtMs: null, paidIn: 0n, blanks: [] })
    return proofs.map((proof) => proof.y)
  })
  announce(context, 'proof_state', released)
  announce(context, 'bolt11_melt_quote', [id])
}

function startPayment(context: MintContext, quote: StoredMeltQuote, inputs: VerifiedInputs): StoredMeltQuote {
  const pending: StoredMeltQuote = { ...quote, state: 'PENDING', startedAtMs: context.clock.now() }
  context.store.transaction((tx) => {
    assertPayable(context, storedMeltQuote(tx, quote.id))
    assertUnspent(tx, inputs.proofs)
    assertUnsigned(tx, quote.blanks)
    if (tx.pendingMelts().some((other) => other.request === quote.request)) {
      throw new MintRefusal('quotePending', 'another payment of this invoice is pending')
    }
    const own = tx.mintQuoteByRequest(quote.request)
    if (own !== undefined && own.state !== 'UNPAID')
      throw new MintRefusal('invoicePaid', 'the invoice is already paid')
    for (const proof of inputs.proofs) tx.saveProof({ ...proof, state: 'PENDING', meltQuote: quote.id })
    tx.saveMeltQuote(pending)
  })
  announce(
    context,
    'proof_state',
    inputs.proofs.map((proof) => proof.y),
  )
  announce(context, 'bolt11_melt_quote', [quote.id])
  return pending
}

function assertPayable(context: MintContext, quote: StoredMeltQuote): void {
  if (quote.state === 'PENDING') throw new MintRefusal('quotePending', 'the payment of the quote is pending')
  if (quote.state === 'PAID') throw new MintRefusal('invoicePaid', 'the quote is already paid')
  if (unixSeconds(context.clock) >= quote.expiry)
    throw new MintRefusal('quoteExpired', 'the quote has expired')
}

function isInternal(context: MintContext, quote: StoredMeltQuote): boolean {
  return context.store.mintQuoteByRequest(quote.request) !== undefined
}

// Largest parts first: too few blanks then lose the least. The wallet takes signatures by their order.
function planChange(quote: StoredMeltQuote, overpaid: bigint): PlannedOutput[] {
  const bits = [...overpaid.toString(2)]
  const parts = bits.map((bit, index) => (bit === '1' ? 1n << BigInt(bits.length - 1 - index) : 0n))
  return parts
    .filter((amount) => amount > 0n)
    .slice(0, quote.blanks.length)
    .flatMap((amount, index) => {
      const blank = quote.blanks[index]
      return blank === undefined ? [] : [{ ...blank, amount }]
    })
}
