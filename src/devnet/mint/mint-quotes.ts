// How does money come in? A quote with an invoice, its payment, and the signatures for it. (NUT-04, 20, 23)
import { randomUUID } from 'node:crypto'
import { isQuoteSignature } from '../../cashu/mint-crypto.ts'
import { unixSeconds } from '../../core/clock.ts'
import { activeUnits } from './keysets.ts'
import { announce } from './mint-context.ts'
import type { MintContext } from './mint-context.ts'
import type { MintTransaction, StoredMintQuote } from './mint-store.ts'
import {
  assertUnsigned,
  checkOutputs,
  planned,
  saveSignatures,
  signOutputs,
  sumOf,
  wireSignature,
} from './outputs.ts'
import type { WireSignature } from './outputs.ts'
import { MintRefusal } from './refusal.ts'
import type { MintQuoteRequest, MintRequest } from './requests.ts'

/** Opens a quote; with nothing to wait for it is born paid. */
export function createMintQuote(context: MintContext, request: MintQuoteRequest): object {
  const { unit, amount } = request
  const { maxAmount, quoteTtlSec } = context.limits
  if (!activeUnits(context).includes(unit))
    throw new MintRefusal('unitNotSupported', `no keyset for unit ${unit}`)
  if (amount > maxAmount) throw new MintRefusal('amountOutsideLimit', `at most ${maxAmount} ${unit} at once`)
  const invoice = context.lightning.createInvoice({
    amountMsat: unit === 'msat' ? amount : amount * 1000n,
    description: request.description ?? '',
    expirySec: quoteTtlSec,
  })
  const createdAtMs = context.clock.now()
  const { settleAfter } = context.lightning
  const quote: StoredMintQuote = {
    ...invoice,
    id: randomUUID(),
    unit,
    amount,
    state: settleAfter === 0 ? 'PAID' : 'UNPAID',
    createdAtMs,
    expiry: unixSeconds(context.clock) + quoteTtlSec,
    pubkey: request.pubkey ?? null,
  }
  context.store.transaction((tx) => tx.saveMintQuote(quote))
  if (quote.state === 'UNPAID')
    context.lightning.whenDue(settleAfter, createdAtMs, () => void look(context, quote.id))
  return wireMintQuote(quote)
}

/** A quote as it is now. */
export function getMintQuote(context: MintContext, id: string): object {
  return wireMintQuote(look(context, id))
}

/** Marks an unpaid quote as paid. */
export function settleMintQuote(context: MintContext, quote: StoredMintQuote): void {
  if (quote.state !== 'UNPAID') return
  context.store.transaction((tx) => markPaid(tx, quote.id))
  announce(context, 'bolt11_mint_quote', [quote.id])
}

/** Marks a quote as paid inside a transaction that does more. */
export function markPaid(tx: MintTransaction, id: string): void {
  const quote = tx.mintQuote(id)
  if (quote?.state === 'UNPAID') tx.saveMintQuote({ ...quote, state: 'PAID' })
}

/** Issues the ecash of a paid quote, once. */
export async function mintQuoted(
  context: MintContext,
  request: MintRequest,
): Promise<{ signatures: WireSignature[] }> {
  const quote = look(context, request.quote)
  assertIssuable(quote)
  if (quote.pubkey !== null) {
    const { signature } = request
    if (!signature || !isQuoteSignature(quote.pubkey, quote.id, request.outputs, signature)) {
      throw new MintRefusal('quoteSignature', "the quote's key has not signed this request")
    }
  }
  const outputs = planned(request.outputs)
  const unit = checkOutputs(context, outputs)
  if (unit !== quote.unit) throw new MintRefusal('otherUnit', `the quote is in ${quote.unit}`)
  if (sumOf(outputs) !== quote.amount) {
    throw new MintRefusal('unbalanced', `outputs of ${sumOf(outputs)} for a quote of ${quote.amount}`)
  }
  const signatures = await signOutputs(context, outputs)
  context.store.transaction((tx) => {
    const current = tx.mintQuote(quote.id) ?? quote
    assertIssuable(current)
    assertUnsigned(tx, outputs)
    saveSignatures(tx, signatures)
    tx.saveMintQuote({ ...current, state: 'ISSUED' })
  })
  announce(context, 'bolt11_mint_quote', [quote.id])
  return { signatures: signatures.map(wireSignature) }
}

function assertIssuable(quote: StoredMintQuote): void {
  if (quote.state === 'UNPAID') throw new MintRefusal('quoteUnpaid', 'the invoice of the quote is not paid')
  if (quote.state === 'ISSUED')
    throw new MintRefusal('quoteIssued', 'the ecash of the quote is already issued')
}

function look(context: MintContext, id: string): StoredMintQuote {
  const quote = context.store.mintQuote(id)
  if (quote === undefined) throw new MintRefusal('quoteUnknown', 'the quote is not known here')
  if (quote.state !== 'UNPAID') return quote
  if (!context.lightning.isDue(context.lightning.settleAfter, quote.createdAtMs)) return quote
  settleMintQuote(context, quote)
  return { ...quote, state: 'PAID' }
}

function wireMintQuote(quote: StoredMintQuote): object {
  return {
    quote: quote.id,
    request: quote.request,
    amount: Number(quote.amount),
    unit: quote.unit,
    state: quote.state,
    expiry: quote.expiry,
    ...(quote.pubkey === null ? {} : { pubkey: quote.pubkey }),
  }
}
