// Which offers do the relays have? Offers and deletions as they arrive, the fastest relay first.
import type { OfferSighting, OfferSource } from '../client/ports.ts'
import { type Clock, unixSeconds } from '../core/clock.ts'
import { toPaygressError } from '../core/errors.ts'
import { isPublicKeyHex, type PublicKeyHex } from '../core/npub.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import {
  ADDRESSABLE_OFFER_KIND,
  DELETION_KIND,
  OFFER_KIND,
  type OfferEvent,
} from '../protocol/offer-event.ts'
import type { Filter } from './filter.ts'
import type { RelayHub } from './relay-hub.ts'
import type { NostrEvent } from './verify-event.ts'

export interface OfferSourceOptions {
  hub: RelayHub
  relays: readonly RelayUrl[]
  clock: Clock
  /** When a relay that has not answered is given up, in ms. */
  relayDeadlineMs: number
}

const WINDOW_SEC = 48 * 60 * 60

/** Offers (kinds 999 and 38383) and deletions (kind 5) of the last two days from all relays. */
export function offerSource({ hub, relays, clock, relayDeadlineMs }: OfferSourceOptions): OfferSource {
  const filters = (provider: PublicKeyHex | undefined): Filter[] => {
    const since = unixSeconds(clock) - WINDOW_SEC
    const authors = provider === undefined ? {} : { authors: [provider] }
    return [
      { kinds: [OFFER_KIND, ADDRESSABLE_OFFER_KIND], '#t': ['paygress'], since, ...authors },
      { kinds: [DELETION_KIND], '#k': [String(OFFER_KIND)], since, ...authors },
    ]
  }
  return {
    async *look({ live, provider, signal }) {
      const sightings = channel<OfferSighting>(signal)
      const found = (event: NostrEvent, url: string) => {
        const offer = asOfferEvent(event)
        const relay = relayNamed(relays, url)
        if (offer !== undefined && relay !== undefined) sightings.push({ type: 'event', event: offer, relay })
      }
      const done = (url: string, reason: string | undefined) => {
        const relay = relayNamed(relays, url)
        if (relay === undefined) return
        sightings.push(
          reason === undefined ? { type: 'answered', relay } : { type: 'unreachable', relay, reason },
        )
      }
      const stop = live
        ? follow(hub, relays, () => filters(provider), found, done)
        : readOnce(hub, relays, filters(provider), found, done, {
            signal,
            relayDeadlineMs,
            end: sightings.end,
          })
      try {
        yield* sightings.read()
      } finally {
        stop()
      }
    },
  }
}

type Found = (event: NostrEvent, url: string) => void
type Done = (url: string, reason: string | undefined) => void

function follow(
  hub: RelayHub,
  relays: readonly RelayUrl[],
  filters: () => Filter[],
  found: Found,
  done: Done,
): () => void {
  const subscription = hub.subscribe(relays, filters, {
    onEvent: found,
    onEose: (url) => done(url, undefined),
    onState: (url, state, reason) => {
      if (state !== 'live') done(url, reason ?? state)
    },
  })
  return () => subscription.close()
}

function readOnce(
  hub: RelayHub,
  relays: readonly RelayUrl[],
  filters: Filter[],
  found: Found,
  done: Done,
  options: { signal: AbortSignal; relayDeadlineMs: number; end: (error?: unknown) => void },
): () => void {
  const left = new AbortController()
  hub
    .query(relays, filters, {
      timeoutMs: options.relayDeadlineMs,
      signal: AbortSignal.any([options.signal, left.signal]),
      onEvent: found,
      onRelayDone: ({ url, state, reason }) => done(url, state === 'done' ? undefined : (reason ?? state)),
    })
    .then(
      () => options.end(),
      (error: unknown) => options.end(error),
    )
  return () => left.abort()
}

/** The hub may spell an address with a trailing slash that the list has not. */
function relayNamed(relays: readonly RelayUrl[], url: string): RelayUrl | undefined {
  const bare = (text: string) => text.replace(/\/$/, '')
  return relays.find((relay) => bare(relay) === bare(url))
}

function asOfferEvent(event: NostrEvent): OfferEvent | undefined {
  const { id, pubkey, kind, created_at, tags, content } = event
  return isPublicKeyHex(pubkey) ? { id, pubkey, kind, created_at, tags, content } : undefined
}

/** Hands values from callbacks to one reader, in order, until it is ended or the signal fires. */
function channel<Value>(signal: AbortSignal): {
  push(value: Value): void
  end(error?: unknown): void
  read(): AsyncGenerator<Value>
} {
  const waiting: Value[] = []
  let ended = signal.aborted
  let failure: { error: unknown } | undefined
  let wake = Promise.withResolvers<void>()
  const end = (error?: unknown) => {
    ended = true
    if (error !== undefined) failure ??= { error }
    wake.resolve()
  }
  signal.addEventListener('abort', () => end(), { once: true })
  return {
    push: (value) => {
      waiting.push(value)
      wake.resolve()
    },
    end,
    async *read() {
      for (;;) {
        while (waiting.length > 0) yield* waiting.splice(0)
        if (failure !== undefined) throw toPaygressError(failure.error)
        if (ended) return
        await wake.promise
        wake = Promise.withResolvers<void>()
      }
    },
  }
}
