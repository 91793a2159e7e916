// Which offers does a person want to see, in which order? One row per provider and spec.
import { encodeProviderNpub, type ProviderNpub } from '../core/npub.ts'
import type { MintUrl } from '../core/mint-url.ts'
import { satsPerHour } from '../core/pricing.ts'
import type { Spec } from '../core/spec.ts'
import { threeWordName } from '../core/three-word-name.ts'
import type { SeenOffer } from './offer-board.ts'
import { matchesProvider } from './resolve-provider.ts'

export const OFFER_SORTS = ['price', 'cpu', 'memory', 'age'] as const
export type OfferSort = (typeof OFFER_SORTS)[number]

export interface OfferFilter {
  spec?: string | undefined
  /** Cores as a person writes them: 0.5, 2. */
  minCpu?: number | undefined
  minMemoryMb?: number | undefined
  /** Sats per hour. */
  maxRate?: number | undefined
  mint?: MintUrl | undefined
  /** npub, hex, prefix, three-word name or offered name. */
  provider?: string | undefined
  sort?: OfferSort | undefined
  /** Stale and dead offers too. */
  all?: boolean | undefined
}

export interface OfferRow {
  seen: SeenOffer
  spec: Spec
  providerNpub: ProviderNpub
  /** The offered name, else the three words. */
  providerName: string
  satsPerHour: number
  /** Machines left; undefined: not limited. */
  available: number | undefined
}

/** The rows that pass a filter, sorted; ties by price, provider key and spec id, so that the order is always the same. */
export function offerRows(offers: readonly SeenOffer[], filter: OfferFilter = {}): OfferRow[] {
  return offers
    .filter((seen) => passes(seen, filter))
    .flatMap((seen) => seen.offer.specs.map((spec) => rowOf(seen, spec)))
    .filter((row) => specPasses(row, filter))
    .toSorted((a, b) => COMPARE[filter.sort ?? 'price'](a, b) || tieBreak(a, b))
}

/** What people call a provider. */
export function providerNameOf(seen: SeenOffer): string {
  return seen.offer.name ?? threeWordName(seen.provider)
}

function rowOf(seen: SeenOffer, spec: Spec): OfferRow {
  return {
    seen,
    spec,
    providerNpub: encodeProviderNpub(seen.provider),
    providerName: providerNameOf(seen),
    satsPerHour: satsPerHour(spec.rateMsatPerSec),
    available: seen.offer.available.get(spec.id),
  }
}

function passes(seen: SeenOffer, { all, mint, provider }: OfferFilter): boolean {
  if (all !== true && seen.state !== 'live') return false
  if (mint !== undefined && !seen.offer.mints.includes(mint)) return false
  return provider === undefined || matchesProvider(seen, provider)
}

function specPasses(row: OfferRow, { spec: wanted, minCpu, minMemoryMb, maxRate }: OfferFilter): boolean {
  const { spec } = row
  return (
    (wanted === undefined || spec.id === wanted) &&
    (minCpu === undefined || spec.cpuMillicores >= minCpu * 1000) &&
    (minMemoryMb === undefined || spec.memoryMb >= minMemoryMb) &&
    isWithinRate(row, maxRate)
  )
}

/** True where a machine costs no more than `maxRate` sats per hour, as the rows show them; whoever lists and whoever buys asks this. */
export function isWithinRate({ satsPerHour: rate }: OfferRow, maxRate: number | undefined): boolean {
  return maxRate === undefined || rate <= maxRate
}

const COMPARE: Readonly<Record<OfferSort, (a: OfferRow, b: OfferRow) => number>> = {
  price: byPrice,
  cpu: (a, b) => b.spec.cpuMillicores - a.spec.cpuMillicores,
  memory: (a, b) => b.spec.memoryMb - a.spec.memoryMb,
  age: (a, b) => a.seen.ageSec - b.seen.ageSec,
}

function byPrice(a: OfferRow, b: OfferRow): number {
  return a.spec.rateMsatPerSec - b.spec.rateMsatPerSec
}

function tieBreak(a: OfferRow, b: OfferRow): number {
  return byPrice(a, b) || text(a.seen.provider, b.seen.provider) || text(a.spec.id, b.spec.id)
}

function text(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
