// Which offer event is it, and does it still count? Kind 999 as an event: tags, times, liveness.
import type { PublicKeyHex } from '../core/npub.ts'
import { type Offer, parseOffer } from './offer.ts'

/** Stored by relays and never replaced: each publication is a new event. */
export const OFFER_KIND = 999
/** The newer addressable offers of other providers. */
export const ADDRESSABLE_OFFER_KIND = 38_383
export const DELETION_KIND = 5

const MAX_FUTURE_SEC = 15 * 60
const EXPIRATION_FACTOR = 2.5
const LIVE_FACTOR = 2
const STALE_FACTOR = 10

/** A verified event: its id and signature were checked before it comes here. */
export interface OfferEvent {
  id: string
  pubkey: PublicKeyHex
  kind: number
  created_at: number
  tags: readonly (readonly string[])[]
  content: string
}

/** One provider's offer with the event it came in. */
export interface PublishedOffer {
  provider: PublicKeyHex
  eventId: string
  /** Unix seconds. */
  publishedAt: number
  offer: Offer
}

export const OFFER_STATES = ['live', 'stale', 'dead'] as const
export type OfferState = (typeof OFFER_STATES)[number]

/** Reads a verified event as an offer; undefined where tags, times or content rule it out. `now` in Unix seconds. */
export function readOfferEvent(event: OfferEvent, now: number): PublishedOffer | undefined {
  if (event.kind !== OFFER_KIND && event.kind !== ADDRESSABLE_OFFER_KIND) return undefined
  if (event.created_at > now + MAX_FUTURE_SEC) return undefined
  if (event.kind === OFFER_KIND && !(hasTopic(event, 'paygress') && hasTopic(event, 'offer')))
    return undefined
  const expiration = event.tags.find(([name]) => name === 'expiration')?.[1]
  if (expiration !== undefined && !(Number(expiration) > now)) return undefined
  const offer = parseOffer(event.content)
  return offer === undefined
    ? undefined
    : { provider: event.pubkey, eventId: event.id, publishedAt: event.created_at, offer }
}

function hasTopic(event: OfferEvent, topic: string): boolean {
  return event.tags.some(([name, value]) => name === 't' && value === topic)
}

/** The tags of an offer published at `now` (Unix seconds). */
export function offerTags(now: number, refreshSec: number): string[][] {
  return [
    ['t', 'paygress'],
    ['t', 'offer'],
    ['expiration', String(Math.floor(now + EXPIRATION_FACTOR * refreshSec))],
  ]
}

/** The newer of two offers of one provider; on a tie the lower event id. */
export function newerOffer(a: PublishedOffer, b: PublishedOffer): PublishedOffer {
  if (a.publishedAt !== b.publishedAt) return a.publishedAt > b.publishedAt ? a : b
  return a.eventId < b.eventId ? a : b
}

/** Seconds since publication; a stamp in the future counts as now. */
export function offerAgeSec(offer: PublishedOffer, now: number): number {
  return Math.max(0, now - offer.publishedAt)
}

/** live < 2 × refresh, stale < 10 ×, else dead. */
export function offerState(offer: PublishedOffer, now: number): OfferState {
  const age = offerAgeSec(offer, now)
  if (age < LIVE_FACTOR * offer.offer.refreshSec) return 'live'
  return age < STALE_FACTOR * offer.offer.refreshSec ? 'stale' : 'dead'
}
