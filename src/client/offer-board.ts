// What is on offer, as far as the relays have told? Collects sightings in any order and gives one newest offer per provider.
import type { PublicKeyHex } from '../core/npub.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import {
  DELETION_KIND,
  newerOffer,
  type OfferEvent,
  type OfferState,
  offerAgeSec,
  offerState,
  type PublishedOffer,
  readOfferEvent,
} from '../protocol/offer-event.ts'

export interface SeenOffer extends PublishedOffer {
  state: OfferState
  ageSec: number
  /** The relays that served it. */
  relays: RelayUrl[]
}

/** Candidates kept of one provider: one that floods its own offers loses only the oldest of them. */
const MOST_PER_PROVIDER = 64
const MOST_DELETIONS = 20_000

export class OfferBoard {
  readonly #offers = new Map<PublicKeyHex, Map<string, PublishedOffer>>()
  readonly #servedBy = new Map<string, Set<RelayUrl>>()
  readonly #deleted = new Set<string>()

  /** Providers that were seen. */
  get size(): number {
    return this.#offers.size
  }

  /** Takes a verified event; `now` in Unix seconds. */
  add(event: OfferEvent, relay: RelayUrl, now: number): void {
    if (event.kind === DELETION_KIND) return this.#remember(event)
    const offer = readOfferEvent(event, now)
    if (offer === undefined) return
    const own = this.#offers.get(event.pubkey) ?? new Map<string, PublishedOffer>()
    this.#offers.set(event.pubkey, own.set(event.id, offer))
    this.#servedBy.set(event.id, (this.#servedBy.get(event.id) ?? new Set()).add(relay))
    if (own.size > MOST_PER_PROVIDER) this.#forgetOldest(own)
  }

  /** Each provider's newest offer that was not deleted, in the order of their keys; `now` in Unix seconds. */
  offers(now: number): SeenOffer[] {
    return [...this.#offers.values()]
      .flatMap((own) => this.#newest(own))
      .map((offer) => ({
        ...offer,
        state: offerState(offer, now),
        ageSec: offerAgeSec(offer, now),
        relays: [...(this.#servedBy.get(offer.eventId) ?? [])].toSorted(),
      }))
      .toSorted((a, b) => (a.provider < b.provider ? -1 : 1))
  }

  #remember(event: OfferEvent): void {
    for (const [name, id] of event.tags) {
      // Only an author deletes their own events, so the key belongs to the mark.
      if (name === 'e' && id !== undefined && this.#deleted.size < MOST_DELETIONS)
        this.#deleted.add(`${event.pubkey}:${id}`)
    }
  }

  #newest(own: Map<string, PublishedOffer>): PublishedOffer[] {
    const kept = [...own.values()].filter(
      ({ provider, eventId }) => !this.#deleted.has(`${provider}:${eventId}`),
    )
    const [first, ...others] = kept
    return first === undefined ? [] : [others.reduce(newerOffer, first)]
  }

  #forgetOldest(own: Map<string, PublishedOffer>): void {
    const oldest = [...own.values()].reduce((a, b) => (newerOffer(a, b) === a ? b : a))
    own.delete(oldest.eventId)
    this.#servedBy.delete(oldest.eventId)
  }
}
