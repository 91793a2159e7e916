// Who offers machines right now? Rows as soon as the fastest relay has answered; no dead relay is waited for past the deadline.
import { unixSeconds } from '../core/clock.ts'
import { PaygressError } from '../core/errors.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import { OfferBoard, type SeenOffer } from './offer-board.ts'
import { type OfferFilter, type OfferRow, offerRows } from './offer-rows.ts'
import type { Client, OfferSighting } from './ports.ts'
import { providerKey } from './resolve-provider.ts'

export interface FindOptions {
  filter?: OfferFilter
  /** Goes on with every change until the signal aborts. */
  watch?: boolean
  /** The deadline of the slowest relay. */
  timeoutMs?: number
  signal: AbortSignal
}

/** What is known so far; the last one of a search that is not watched is `complete`. */
export interface OfferListing {
  rows: OfferRow[]
  /** Before any filter. */
  offers: SeenOffer[]
  answered: RelayUrl[]
  unreachable: { relay: RelayUrl; reason: string }[]
  complete: boolean
}

const TIMEOUT_MS = 5_000
/** Once a relay has answered with offers, the others get this much longer: a dead one delays nobody. */
const GRACE_MS = 700

type Finder = Pick<Client, 'offers' | 'clock'>

/** One listing per relay that answered (watching: also per new offer). Throws `relays_unreachable` where none did. */
export async function* findOffers(client: Finder, options: FindOptions): AsyncGenerator<OfferListing> {
  const { filter = {}, watch = false, timeoutMs = TIMEOUT_MS, signal } = options
  const board = new OfferBoard()
  const answered = new Set<RelayUrl>()
  const unreachable = new Map<RelayUrl, string>()
  const provider = filter.provider === undefined ? undefined : providerKey(filter.provider)

  const listing = (complete: boolean): OfferListing => {
    const offers = board.offers(unixSeconds(client.clock))
    return {
      rows: offerRows(offers, filter),
      offers,
      answered: [...answered],
      unreachable: [...unreachable].map(([relay, reason]) => ({ relay, reason })),
      complete,
    }
  }

  const grace = new AbortController()
  let graceTimer: ReturnType<typeof setTimeout> | undefined
  const deadline = watch ? signal : AbortSignal.any([signal, grace.signal, AbortSignal.timeout(timeoutMs)])
  const sightings = client.offers.look({
    live: watch,
    signal: deadline,
    ...(provider === undefined ? {} : { provider }),
  })
  try {
    for await (const sighting of sightings) {
      note(sighting)
      if (sighting.type === 'answered' && board.size > 0)
        graceTimer ??= setTimeout(() => grace.abort(), GRACE_MS)
      if (sighting.type === 'answered' || (watch && sighting.type === 'event' && answered.size > 0))
        yield listing(false)
    }
  } finally {
    clearTimeout(graceTimer)
  }
  if (signal.aborted) throw new PaygressError('interrupted', 'interrupted while looking for offers')
  if (answered.size === 0 && board.offers(unixSeconds(client.clock)).length === 0) throw allDead(unreachable)
  yield listing(true)

  function note(sighting: OfferSighting): void {
    switch (sighting.type) {
      case 'event':
        return board.add(sighting.event, sighting.relay, unixSeconds(client.clock))
      case 'answered':
        answered.add(sighting.relay)
        unreachable.delete(sighting.relay)
        return
      case 'unreachable':
        unreachable.set(sighting.relay, sighting.reason)
    }
  }
}

/** All offers there are, once every relay has answered or was given up. */
export async function gatherOffers(client: Finder, options: FindOptions): Promise<OfferListing> {
  let last: OfferListing | undefined
  for await (const listing of findOffers(client, options)) last = listing
  if (last !== undefined) return last
  throw new PaygressError('internal', 'a search for offers ended without a result')
}

function allDead(unreachable: ReadonlyMap<RelayUrl, string>): PaygressError {
  const relays = [...unreachable].map(([relay, reason]) => `${relay} (${reason})`)
  return new PaygressError(
    'relays_unreachable',
    `no relay answered${relays.length === 0 ? '' : `: ${relays.slice(0, 4).join(', ')}`}`,
    {
      hint: 'check your network, or name other relays: paygress config set relays wss://…',
      details: { relays: [...unreachable.keys()] },
    },
  )
}
