// Does a relay serve what a provider needs of it: offers to everybody, private messages to us?
import type { ProviderProbes } from '../provider/ports.ts'
import { type Clock, unixSeconds } from '../core/clock.ts'
import { OFFER_KIND } from '../protocol/offer-event.ts'
import { inboxFilter } from './inbox.ts'
import type { Filter } from './filter.ts'
import type { RelayHub } from './relay-hub.ts'
import type { Signer } from './signer.ts'

const ANSWER_MS = 5_000

/** Asks one relay for offers and for our inbox; never rejects. */
export function relayProbe(hub: RelayHub, signer: Signer, clock: Clock): ProviderProbes['relay'] {
  return async (url) => {
    const ask = async (filter: Filter) => {
      const { relays } = await hub.query([url], [filter], { timeoutMs: ANSWER_MS })
      return relays[0]
    }
    const [offers, inbox] = await Promise.all([
      ask({ kinds: [OFFER_KIND], authors: [signer.publicKey], limit: 1 }),
      ask({ ...inboxFilter(signer.publicKey, unixSeconds(clock)), limit: 1 }),
    ])
    const served = { offers: offers?.state === 'done', inbox: inbox?.state === 'done' }
    if (served.offers || served.inbox) return served
    return { ...served, reason: offers?.reason ?? 'it does not answer' }
  }
}
