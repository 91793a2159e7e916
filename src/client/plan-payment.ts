// What exactly will be paid, from which mint, under which lock? The part of a plan that buying and topping up share.
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { PodNpub, PublicKeyHex } from '../core/npub.ts'
import { takeTurns } from '../core/pause.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import type { OfferPayment } from '../protocol/offer.ts'
import type { MintFacts, SpendPlan } from '../wallet/mint-facts.ts'
import { askQuote } from './ask-quote.ts'
import { chooseMint } from './choose-mint.ts'
import { type Extent, priceOf } from './extent.ts'
import { satText } from './money-text.ts'
import type { OrderTerms } from './order-terms.ts'
import type { Client } from './ports.ts'

/** What a provider says of itself and what is wanted of it. */
export interface PaymentWish {
  provider: PublicKeyHex
  providerName: string
  relays: RelayUrl[]
  minPow: number
  specId: string
  rateMsatPerSec: number
  extent: Extent
  mints: readonly MintUrl[]
  /** Named by `--mint`. */
  mint: MintUrl | undefined
  payment: OfferPayment | undefined
  /** False with `--no-lock`. */
  lock: boolean
  /** False where the provider gives none. */
  quote: boolean
  maxPriceSat: bigint | undefined
  image?: string | undefined
  podNpub?: PodNpub | undefined
  quoteTimeoutMs?: number | undefined
  signal: AbortSignal
}

export interface PaymentPlan {
  mint: MintUrl
  durationSec: number
  netSat: bigint
  lock: OrderTerms['lock']
  quoteId: string | undefined
  spend: SpendPlan
}

type Planner = Pick<Client, 'wallet' | 'messenger' | 'progress' | 'ask' | 'clock'>

/** Prices a payment and asks for the quote; nothing is spent. Throws as its parts do, and `price_too_high`, `lock_not_supported`. */
export async function planPayment(client: Planner, wish: PaymentWish): Promise<PaymentPlan> {
  const mint = await chooseMint(client, wish.mints, wish.mint)
  const price = await priceOf(client.wallet, {
    extent: wish.extent,
    rate: wish.rateMsatPerSec,
    mint,
    clock: client.clock,
  })
  const { durationSec, plan } = price
  checkPrice(plan, wish.maxPriceSat)
  const asked = { ...wish, mint, durationSec, netSat: plan.netSat, timeoutMs: wish.quoteTimeoutMs }
  // Both take a while, and neither needs the other's answer.
  const [quote, facts] = await Promise.all([
    wish.quote ? askQuote(client, asked) : undefined,
    wish.lock ? factsOf(client, mint) : undefined,
  ])
  const payment =
    quote?.payment === undefined
      ? wish.payment
      : { pubkey: quote.payment.pubkey, minimumLockSec: quote.payment.minimum_lock_seconds }
  const lock = facts === undefined ? undefined : lockOf(facts, mint, payment, wish.providerName)
  const netSat = quote === undefined ? plan.netSat : BigInt(quote.amount_sat)
  const spend = netSat === plan.netSat ? plan : await client.wallet.planSpend(mint, netSat)
  return { mint, durationSec, netSat, lock, quoteId: quote?.quote_id, spend }
}

/** Throws `price_too_high` for more than the limit. */
export function checkPrice(plan: SpendPlan, maxPriceSat: bigint | undefined): void {
  if (maxPriceSat === undefined || plan.totalSat <= maxPriceSat) return
  throw new PaygressError(
    'price_too_high',
    `this costs ${satText(plan.totalSat)}, more than your limit of ${satText(maxPriceSat)}`,
    {
      hint: `use --max-price ${plan.totalSat}, or a shorter time`,
      details: { total_sat: Number(plan.totalSat), max_price_sat: Number(maxPriceSat) },
    },
  )
}

/** After the question to the provider is on its way: the first call of a mint loads half of Node's network. */
async function factsOf({ wallet }: Planner, mint: MintUrl): Promise<MintFacts> {
  await takeTurns()
  return wallet.mintFacts(mint)
}

function lockOf(
  { missingNuts }: MintFacts,
  mint: MintUrl,
  payment: OfferPayment | undefined,
  providerName: string,
): OrderTerms['lock'] {
  if (payment === undefined) throw noLock(`${providerName} takes no locked payments`)
  if (missingNuts.length > 0) throw noLock(`the mint ${mint} lacks NUT ${missingNuts.join(', ')}`)
  // Keys go on the wire as 33 bytes; a bare x-coordinate counts as even (NUT-11 compares x only).
  const pubkey = payment.pubkey.length === 64 ? `02${payment.pubkey}` : payment.pubkey
  return { pubkey, minimumLockSec: payment.minimumLockSec }
}

function noLock(why: string): PaygressError {
  return new PaygressError(
    'lock_not_supported',
    `the payment cannot be locked: ${why}; without a lock a silent provider can keep it`,
    {
      hint: 'add --no-lock to pay without that protection, or choose another provider',
      details: { flag: '--no-lock' },
    },
  )
}
