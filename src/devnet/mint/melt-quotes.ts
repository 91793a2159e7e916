// What would it cost to pay this invoice? (NUT-05, 23)
import { randomUUID } from 'node:crypto'
import { unixSeconds } from '../../core/clock.ts'
import { decodeInvoice } from './invoice.ts'
import { activeUnits } from './keysets.ts'
import type { MintContext } from './mint-context.ts'
import type { MintRecords, StoredMeltQuote } from './mint-store.ts'
import { wireSignature } from './outputs.ts'
import { MintRefusal } from './refusal.ts'
import type { MeltQuoteRequest } from './requests.ts'

/** Opens a quote for paying an invoice; this mint's own invoices cost no Lightning fee. */
export function createMeltQuote(context: MintContext, request: MeltQuoteRequest): object {
  const { unit } = request
  const amount = invoiceAmount(context, request)
  if (amount > context.limits.maxAmount) {
    throw new MintRefusal('amountOutsideLimit', `at most ${context.limits.maxAmount} ${unit} at once`)
  }
  const own = context.store.mintQuoteByRequest(request.request)
  if (own !== undefined && own.state !== 'UNPAID')
    throw new MintRefusal('invoicePaid', 'the invoice is already paid')
  const quote: StoredMeltQuote = {
    id: randomUUID(),
    request: request.request,
    unit,
    amount,
    feeReserve: own === undefined ? feeReserve(amount) : 0n,
    feePaid: 0n,
    state: 'UNPAID',
    expiry: unixSeconds(context.clock) + context.limits.quoteTtlSec,
    preimage: null,
    startedAtMs: null,
    paidIn: 0n,
    blanks: [],
    change: [],
  }
  context.store.transaction((tx) => tx.saveMeltQuote(quote))
  return wireMeltQuote(context.store, quote)
}

/** What paying an invoice of somebody else costs: half of the reserve, so that there is change. */
export function lightningFee(quote: StoredMeltQuote): bigint {
  return quote.feeReserve - quote.feeReserve / 2n
}

/** The quote of this id; refuses an unknown one. */
export function storedMeltQuote(records: MintRecords, id: string): StoredMeltQuote {
  const quote = records.meltQuote(id)
  if (quote === undefined) throw new MintRefusal('quoteUnknown', 'the quote is not known here')
  return quote
}

/** A quote as the wire has it, with the signed change once it is paid. */
export function wireMeltQuote(records: MintRecords, quote: StoredMeltQuote): object {
  const change = quote.change
    .map((B_) => records.signature(B_))
    .filter((signature) => signature !== undefined)
  return {
    quote: quote.id,
    request: quote.request,
    amount: Number(quote.amount),
    unit: quote.unit,
    fee_reserve: Number(quote.feeReserve),
    state: quote.state,
    expiry: quote.expiry,
    payment_preimage: quote.preimage,
    ...(change.length === 0 ? {} : { change: change.map(wireSignature) }),
  }
}

function invoiceAmount(context: MintContext, { unit, request }: MeltQuoteRequest): bigint {
  if (!activeUnits(context).includes(unit) || (unit !== 'sat' && unit !== 'msat')) {
    throw new MintRefusal('unitNotSupported', `invoices are not paid in unit ${unit}`)
  }
  const invoice = decodeInvoice(request)
  if (invoice === undefined) throw new MintRefusal('noInvoice', 'the request is not a BOLT11 invoice')
  if (invoice.amountMsat === undefined) throw new MintRefusal('amountless', 'the invoice names no amount')
  if (invoice.createdAt + invoice.expirySec <= unixSeconds(context.clock)) {
    throw new MintRefusal('quoteExpired', 'the invoice has expired')
  }
  return unit === 'msat' ? invoice.amountMsat : (invoice.amountMsat + 999n) / 1000n
}

function feeReserve(amount: bigint): bigint {
  const twoPercent = amount / 50n
  return twoPercent > 2n ? twoPercent : 2n
}
