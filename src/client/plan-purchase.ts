// What will this purchase be? Offer, price, quote and access, all before a sat moves.
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { Spec } from '../core/spec.ts'
import { brokenWords, lastDeed, type BrokenWords } from './broken-words.ts'
import { chooseOffer } from './choose-offer.ts'
import { usableMints } from './choose-mint.ts'
import { wantedSeconds } from './extent.ts'
import { gatherOffers } from './find-offers.ts'
import type { SeenOffer } from './offer-board.ts'
import type { OfferRow } from './offer-rows.ts'
import type { OrderTerms } from './order-terms.ts'
import { type PaymentPlan, planPayment } from './plan-payment.ts'
import type { Client } from './ports.ts'
import { type BuyWish, fingerprintOf } from './wish.ts'

export interface PurchasePlan {
  /** Without the way into the machine, which leaves files and is made with the order. */
  terms: OrderTerms
  features: readonly string[]
  spend: PaymentPlan['spend']
  spec: Spec
}

type Planner = Omit<Client, 'ssh'>

/** The plan of a purchase; spends nothing and leaves no trace. Throws whatever stands in its way. */
export async function planPurchase(
  client: Planner,
  wish: BuyWish,
  signal: AbortSignal,
): Promise<PurchasePlan> {
  client.progress.step('looking for offers')
  const filter = wish.provider === undefined ? {} : { provider: wish.provider }
  const { offers } = await gatherOffers(client, { filter, signal })
  const words = brokenWords(client.orders)
  const row = await chooseRow(client, offers, wish, words)
  warnOf(client, row, words)
  return planRow(client, row, wish, signal)
}

async function chooseRow(
  client: Planner,
  offers: readonly SeenOffer[],
  wish: BuyWish,
  words: BrokenWords,
): Promise<OfferRow> {
  const mints = usableMints(client.wallet, await namedMint(client, wish))
  const choose = (from: readonly MintUrl[] | undefined): OfferRow =>
    chooseOffer(offers, {
      ...wish,
      mints: from,
      brokenWords: words,
      durationAt: (rate) => wantedSeconds(wish.extent, rate, client.clock),
    })
  if (mints.length === 0) return choose(undefined)
  try {
    return choose(mints)
  } catch (error) {
    // A person can still be asked to trust one of the provider's mints; a script cannot.
    const askable = client.ask.canAsk && wish.mint === undefined && wish.token === undefined
    if (askable && error instanceof PaygressError && error.code === 'mint_not_accepted')
      return choose(undefined)
    throw error
  }
}

/** Only a provider that was named can be one that broke its word. */
function warnOf({ progress }: Planner, { seen, providerName }: OfferRow, words: BrokenWords): void {
  const deed = lastDeed(words, seen.provider)
  if (deed !== undefined) progress.note(`careful: ${providerName} broke its word towards you: it ${deed}`)
}

/** `--mint`, or the mint of the token that was given; the wallet must trust that one, or `--mint` name it. */
async function namedMint(client: Planner, wish: BuyWish): Promise<MintUrl | undefined> {
  if (wish.token === undefined) return wish.mint
  const { mint } = await client.wallet.inspect(wish.token, usableMints(client.wallet, wish.mint))
  return mint
}

async function planRow(
  client: Planner,
  row: OfferRow,
  wish: BuyWish,
  signal: AbortSignal,
): Promise<PurchasePlan> {
  const { seen, spec, providerName } = row
  const { offer } = seen
  const common = { provider: seen.provider, providerName, relays: relaysOf(seen), minPow: offer.minPow }
  const plan = await planPayment(client, {
    ...common,
    specId: spec.id,
    rateMsatPerSec: spec.rateMsatPerSec,
    extent: wish.extent,
    mints: offer.mints,
    mint: await namedMint(client, wish),
    payment: offer.payment,
    lock: wish.lock,
    quote: offer.features.includes('quote'),
    maxPriceSat: wish.maxPriceSat,
    quoteTimeoutMs: wish.timeoutMs,
    image: wish.image,
    signal,
  })
  const terms: OrderTerms = {
    ...common,
    specId: spec.id,
    mint: plan.mint,
    netSat: plan.netSat,
    rateMsatPerSec: spec.rateMsatPerSec,
    durationSec: plan.durationSec,
    lock: plan.lock,
    quoteId: plan.quoteId,
    fingerprint: fingerprintOf(wish),
    image: wish.image,
    alias: wish.alias,
    passwordGenerated: false,
  }
  return { terms, spend: plan.spend, spec, features: offer.features }
}

/** Where a provider listens: what it says, else where its offer was found. */
export function relaysOf(seen: SeenOffer): SeenOffer['relays'] {
  return seen.offer.relays.length > 0 ? seen.offer.relays : seen.relays
}
