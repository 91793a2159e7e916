// Which offer is bought? The cheapest live one that fits; the same offers always give the same choice.
import { formatDuration } from '../core/duration.ts'
import { type ErrorCode, PaygressError } from '../core/errors.ts'
import { judgeImage } from '../core/image.ts'
import { quoteArgument } from '../core/quote-argument.ts'
import type { MintUrl } from '../core/mint-url.ts'
import { nearest } from '../core/nearest.ts'
import { type BrokenWords, lastDeed } from './broken-words.ts'
import type { SeenOffer } from './offer-board.ts'
import { isWithinRate, type OfferRow, offerRows, providerNameOf } from './offer-rows.ts'
import { resolveProvider } from './resolve-provider.ts'

export interface OfferWish {
  spec: string
  /** What was typed for `--provider`. */
  provider?: string | undefined
  /** Seconds that are wanted at a rate: an amount of money buys another time from each provider. */
  durationAt(rateMsatPerSec: number): number
  /** Mints that may be paid from; undefined where every mint still may be asked for. */
  mints?: readonly MintUrl[] | undefined
  image?: string | undefined
  /** Sats per hour: nothing dearer is bought. */
  maxRate?: number | undefined
  /** Whoever is in it is rented from only by name. */
  brokenWords?: BrokenWords | undefined
}

/** The row to buy. Throws `unknown_provider`, `unknown_spec`, `no_offer`, `price_too_high`, `duration_out_of_range`, `mint_not_accepted`. */
export function chooseOffer(offers: readonly SeenOffer[], wish: OfferWish): OfferRow {
  const asked = wish.provider === undefined ? offers : [resolveProvider(offers, wish.provider)]
  const live = offerRows(asked)
  if (live.length === 0) throw noOffer(asked, wish)
  const ofSpec = live.filter(({ spec }) => spec.id === wish.spec)
  if (ofSpec.length === 0) throw unknownSpec(live, wish)
  const problems = ofSpec.map((row) => ({ row, problem: problemOf(row, wish) }))
  const fitting = problems.find(({ problem }) => problem === undefined)
  if (fitting !== undefined) return fitting.row
  const [first] = problems
  throw first?.problem ?? noOffer(asked, wish)
}

function problemOf(row: OfferRow, wish: OfferWish): PaygressError | undefined {
  const name = providerNameOf(row.seen)
  if (!isWithinRate(row, wish.maxRate))
    return rateTooHigh(name, row.spec.id, row.satsPerHour, wish.maxRate ?? 0)
  const { minimumDurationSec, maximumDurationSec, mints, images, defaultImage } = row.seen.offer
  const durationSec = wish.durationAt(row.spec.rateMsatPerSec)
  const range = { minimum_seconds: minimumDurationSec, maximum_seconds: maximumDurationSec ?? null }
  if (durationSec < Math.max(1, minimumDurationSec)) {
    const text = formatDuration(minimumDurationSec)
    return refusal(
      'duration_out_of_range',
      `${name} rents for at least ${text}`,
      `use --for ${text} or more`,
      range,
    )
  }
  if (maximumDurationSec !== undefined && durationSec > maximumDurationSec) {
    const text = formatDuration(maximumDurationSec)
    return refusal(
      'duration_out_of_range',
      `${name} rents for at most ${text}`,
      `use --for ${text} or less`,
      range,
    )
  }
  if (row.available === 0) {
    return refusal(
      'no_offer',
      `${name} has no ${row.spec.id} machine left`,
      'paygress offers shows other specs',
    )
  }
  if (wish.mints !== undefined && !wish.mints.some((mint) => mints.includes(mint))) {
    return refusal(
      'mint_not_accepted',
      `${name} takes none of your mints (it takes ${mints.slice(0, 5).join(', ')})`,
      `choose a mint you trust of these with --mint, or another provider: paygress offers --mint ${wish.mints[0] ?? ''}`,
    )
  }
  if (
    wish.image !== undefined &&
    images.length > 0 &&
    judgeImage(wish.image, [...images, ...(defaultImage === undefined ? [] : [defaultImage])]) === 'refused'
  ) {
    return refusal(
      'usage',
      `${name} does not run ${wish.image}`,
      `it allows ${images.slice(0, 5).join(', ')}`,
    )
  }
  return wish.provider === undefined ? distrusted(row, wish) : undefined
}

function distrusted({ seen, providerNpub }: OfferRow, { brokenWords }: OfferWish): PaygressError | undefined {
  const deed = brokenWords === undefined ? undefined : lastDeed(brokenWords, seen.provider)
  if (deed === undefined) return undefined
  return refusal(
    'no_offer',
    `${providerNameOf(seen)} broke its word towards you: it ${deed}; nothing was paid`,
    `--provider ${providerNpub} rents from it all the same`,
  )
}

/** For a machine that costs more sats per hour than its buyer allows. */
export function rateTooHigh(
  providerName: string,
  specId: string,
  satsPerHour: number,
  maxRate: number,
): PaygressError {
  return refusal(
    'price_too_high',
    `${providerName} asks ${satsPerHour} sat per hour for ${specId}, more than your limit of ${maxRate}; nothing was paid`,
    `allow it with --max-rate ${satsPerHour}, or choose another: paygress offers --max-rate ${maxRate}`,
    { sats_per_hour: satsPerHour, max_rate: maxRate },
  )
}

function refusal(
  code: ErrorCode,
  message: string,
  hint: string,
  details?: Record<string, number | null>,
): PaygressError {
  return new PaygressError(code, message, { hint, ...(details === undefined ? {} : { details }) })
}

function unknownSpec(rows: readonly OfferRow[], { spec, provider }: OfferWish): PaygressError {
  const known = [...new Set(rows.map((row) => String(row.spec.id)))].toSorted()
  const meant = nearest(spec, known)
  const where = provider === undefined ? 'nobody' : `${quoteArgument(provider)} does not`
  return new PaygressError(
    'unknown_spec',
    provider === undefined
      ? `${where} offers a spec ${quoteArgument(spec)}`
      : `${where} offer a spec ${quoteArgument(spec)}`,
    {
      hint:
        meant === undefined ? `there is ${known.slice(0, 10).join(', ')}` : `did you mean --spec ${meant}?`,
      details: { specs: known },
    },
  )
}

function noOffer(offers: readonly SeenOffer[], { provider }: OfferWish): PaygressError {
  const silent = offers.length > 0
  const message =
    provider === undefined
      ? 'no provider has a live offer on your relays'
      : `${quoteArgument(provider)} has no live offer`
  return new PaygressError('no_offer', message, {
    hint: silent
      ? 'paygress offers --all shows the ones that are not live'
      : 'paygress offers --watch waits for one',
  })
}
