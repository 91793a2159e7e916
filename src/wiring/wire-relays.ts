// Which relays are used, and by whom? One hub per identity.
import { normaliseRelayUrl, type RelayUrl } from '../core/relay-url.ts'
import type { OfferSource } from '../client/ports.ts'
import { offerSource } from '../nostr/offer-source.ts'
import { openRelayHub, type RelayHub } from '../nostr/relay-hub.ts'
import { localSigner } from '../nostr/signer.ts'
import { systemClock, systemRandom } from './system.ts'

/** The public relays that are used where nothing is configured. */
const DEFAULT_RELAYS: readonly RelayUrl[] = [
  'wss://relay.damus.io',
  'wss://nos.lol',
  'wss://nostr.wine',
].flatMap((url) => normaliseRelayUrl(url) ?? [])

const RELAY_DEADLINE_MS = 5_000

/** The relays of a command: those that were named, else the public ones. */
export function chosenRelays(named: readonly RelayUrl[]): readonly RelayUrl[] {
  return named.length > 0 ? [...new Set(named)] : DEFAULT_RELAYS
}

export interface WiredOffers {
  offers: OfferSource
  clock: typeof systemClock
  hub: RelayHub
  close(): Promise<void>
}

/** Looks for offers under a throw-away key: relays learn nothing about who looks. */
export function wireOffers(relays: readonly RelayUrl[]): WiredOffers {
  const signer = localSigner(systemRandom.bytes(32), systemRandom)
  const hub = openRelayHub({ signer })
  const offers = offerSource({
    hub,
    relays: chosenRelays(relays),
    clock: systemClock,
    relayDeadlineMs: RELAY_DEADLINE_MS,
  })
  return { offers, clock: systemClock, hub, close: () => hub.close() }
}
