// What does a provider offer? The content of a kind 999 event, read carefully and written in full.
import * as z from 'zod'
import type { SpecId } from '../core/ids.ts'
import { type MintUrl, normaliseMintUrl } from '../core/mint-url.ts'
import { HIGHEST_RATE_MSAT_PER_SEC } from '../core/pricing.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import type { Spec } from '../core/spec.ts'
import { lockKeyField, relaysField, specIdField, text } from './fields.ts'
import { LONGEST_CONTENT, parseJsonObject } from './request.ts'

const OFFER_VERSION = 1
const DEFAULT_REFRESH_SECONDS = 600
/** Ten years: no lease is longer. */
const LONGEST_DURATION = 315_360_000

/** How a provider is paid: its payment key (33-byte hex, not its Nostr key) and the least time a lock must last. */
export interface OfferPayment {
  pubkey: string
  minimumLockSec: number
}

/** What one provider sells, as its offer says. No specs: it sells nothing now. */
export interface Offer {
  minimumDurationSec: number
  maximumDurationSec: number | undefined
  mints: MintUrl[]
  specs: Spec[]
  name: string | undefined
  location: string | undefined
  relays: RelayUrl[]
  refreshSec: number
  defaultImage: string | undefined
  images: string[]
  payment: OfferPayment | undefined
  /** Machines left by spec; a missing spec is not limited. */
  available: Map<SpecId, number>
  minPow: number
  features: string[]
}

const specSchema = z
  .object({
    id: specIdField,
    name: text(200).min(1),
    description: text(2_000).default(''),
    cpu_millicores: z.int().min(1).max(10_000_000),
    memory_mb: z.int().min(1).max(100_000_000),
    rate_msats_per_sec: z.int().min(1).max(HIGHEST_RATE_MSAT_PER_SEC),
  })
  .transform((spec): Spec => ({
    id: spec.id,
    name: spec.name,
    description: spec.description,
    cpuMillicores: spec.cpu_millicores,
    memoryMb: spec.memory_mb,
    rateMsatPerSec: spec.rate_msats_per_sec,
  }))

const paymentSchema = z.object({
  pubkey: lockKeyField,
  locks: z.array(z.string().max(32)).max(16),
  minimum_lock_seconds: z.int().min(0).max(3_600),
})

const offerSchema = z.object({
  minimum_duration_seconds: z.int().min(0).max(LONGEST_DURATION).default(60),
  whitelisted_mints: z.array(z.string()).max(64),
  pod_specs: z.array(z.unknown()).max(100),
  name: text(200).optional(),
  location: text(100).optional(),
  relays: relaysField.default([]),
  refresh_seconds: z.int().min(60).max(3_600).default(DEFAULT_REFRESH_SECONDS),
  maximum_duration_seconds: z.int().min(1).max(LONGEST_DURATION).optional(),
  default_image: text(512).optional(),
  images: z.array(text(512)).max(100).default([]),
  payment: paymentSchema.optional(),
  available: z.record(z.string(), z.int().min(0)).default({}),
  min_pow: z.int().min(0).max(64).default(0),
  features: z.array(text(64)).max(64).default([]),
})

/** Reads an offer's content; undefined where it is malformed or absurd. Specs and mints that are none are left out. Never throws. */
export function parseOffer(content: string): Offer | undefined {
  if (content.length > LONGEST_CONTENT) return undefined
  const json = parseJsonObject(content)
  const parsed = offerSchema.safeParse(json === undefined ? undefined : withOldNames(json))
  if (!parsed.success) return undefined
  const specs = sound(parsed.data.pod_specs)
  if (specs.length === 0 && parsed.data.pod_specs.length > 0) return undefined
  return toOffer(parsed.data, specs)
}

/** The newer addressable offers (kind 38383) call the list `specs` and the machine `hostname`. */
function withOldNames(json: Record<string, unknown>): Record<string, unknown> {
  return { ...json, pod_specs: json.pod_specs ?? json.specs, name: json.name ?? json.hostname }
}

function sound(specs: unknown[]): Spec[] {
  const byId = new Map<SpecId, Spec>()
  for (const candidate of specs) {
    const spec = specSchema.safeParse(candidate)
    if (spec.success && !byId.has(spec.data.id)) byId.set(spec.data.id, spec.data)
  }
  return [...byId.values()]
}

function toOffer(parsed: z.infer<typeof offerSchema>, specs: Spec[]): Offer {
  const payment = parsed.payment
  return {
    minimumDurationSec: parsed.minimum_duration_seconds,
    maximumDurationSec: parsed.maximum_duration_seconds,
    mints: [...new Set(parsed.whitelisted_mints.map(normaliseMintUrl).filter((url) => url !== undefined))],
    specs,
    name: parsed.name,
    location: parsed.location,
    relays: parsed.relays,
    refreshSec: parsed.refresh_seconds,
    defaultImage: parsed.default_image,
    images: parsed.images,
    payment:
      payment?.locks.includes('p2pk') === true
        ? { pubkey: payment.pubkey, minimumLockSec: payment.minimum_lock_seconds }
        : undefined,
    available: new Map(specs.flatMap(({ id }) => availableOf(parsed.available, id))),
    minPow: parsed.min_pow,
    features: parsed.features,
  }
}

function availableOf(available: Record<string, number>, id: SpecId): [SpecId, number][] {
  const count = Object.hasOwn(available, id) ? available[id] : undefined
  return count === undefined ? [] : [[id, count]]
}

/** Writes an offer's content: the fields older clients know come first. */
export function serialiseOffer(offer: Offer): string {
  return JSON.stringify({
    minimum_duration_seconds: offer.minimumDurationSec,
    whitelisted_mints: offer.mints,
    pod_specs: offer.specs.map((spec) => ({
      id: spec.id,
      name: spec.name,
      description: spec.description,
      cpu_millicores: spec.cpuMillicores,
      memory_mb: spec.memoryMb,
      rate_msats_per_sec: spec.rateMsatPerSec,
    })),
    version: OFFER_VERSION,
    name: offer.name,
    location: offer.location,
    relays: offer.relays,
    refresh_seconds: offer.refreshSec,
    maximum_duration_seconds: offer.maximumDurationSec,
    default_image: offer.defaultImage,
    images: offer.images,
    payment:
      offer.payment === undefined
        ? undefined
        : {
            pubkey: offer.payment.pubkey,
            locks: ['p2pk'],
            minimum_lock_seconds: offer.payment.minimumLockSec,
          },
    available: Object.fromEntries(offer.available),
    min_pow: offer.minPow,
    features: offer.features,
  })
}
