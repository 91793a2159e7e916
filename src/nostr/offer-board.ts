// Where does a provider's offer stand? On its relays: kind 999, deletions (kind 5) and the lists of where it reads (kinds 10050, 10002).
import type { OfferBoard } from '../provider/ports.ts'
import { type Clock, unixSeconds } from '../core/clock.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import { DELETION_KIND, OFFER_KIND } from '../protocol/offer-event.ts'
import type { RelayHub } from './relay-hub.ts'
import type { Signer } from './signer.ts'

export interface OfferBoardOptions {
  hub: RelayHub
  signer: Signer
  relays: readonly RelayUrl[]
  clock: Clock
}

const DM_RELAYS_KIND = 10_050
const RELAY_LIST_KIND = 10_002
const READY_MS = 5_000
const PUBLISH_MS = 10_000

/** The board on these relays. */
export function relayOfferBoard({ hub, signer, relays, clock }: OfferBoardOptions): OfferBoard {
  const publish = async (kind: number, content: string, tags: string[][], minOk = 1) => {
    const event = await signer.sign({ kind, created_at: unixSeconds(clock), tags, content })
    const { ok } = await hub.publish(event, relays, { minOk, timeoutMs: PUBLISH_MS })
    return ok.length > 0 ? event.id : undefined
  }
  return {
    async ready(signal) {
      const mine = { kinds: [RELAY_LIST_KIND], authors: [signer.publicKey], limit: 1 }
      while (!signal.aborted) {
        if (await anyAnswers(hub, relays, mine, signal)) return
      }
    },
    publish: ({ content, tags }) => publish(OFFER_KIND, content, tags, relays.length),
    async withdraw(eventId) {
      await publish(DELETION_KIND, '', [
        ['e', eventId],
        ['k', String(OFFER_KIND)],
      ])
    },
    async publishInbox() {
      await publish(
        DM_RELAYS_KIND,
        '',
        relays.map((url) => ['relay', url]),
      )
      await publish(
        RELAY_LIST_KIND,
        '',
        relays.map((url) => ['r', url]),
      )
    },
  }
}

/** True as soon as one relay has answered a question; false when all have failed. */
async function anyAnswers(
  hub: RelayHub,
  relays: readonly RelayUrl[],
  filter: { kinds: number[]; authors: string[]; limit: number },
  signal: AbortSignal,
): Promise<boolean> {
  const enough = new AbortController()
  let answered = false
  await hub.query(relays, [filter], {
    timeoutMs: READY_MS,
    signal: AbortSignal.any([signal, enough.signal]),
    onRelayDone: ({ state }) => {
      if (state !== 'done') return
      answered = true
      enough.abort()
    },
  })
  return answered
}
