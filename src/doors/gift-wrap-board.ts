// Where do a provider's offer and inbox stand for everybody to see? On its relays, as events of kinds 999, 5, 10050 and 10002.
import { unixSeconds, type Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import { INBOX_RELAYS_KIND } from '../nostr/inbox-relays.ts'
import type { RelayHub } from '../nostr/relay-hub.ts'
import type { Signer } from '../nostr/signer.ts'
import { DELETION_KIND, OFFER_KIND } from '../protocol/offer-event.ts'
import { pause } from '../core/pause.ts'
import { retryDelayMs } from '../provider/retry-delay.ts'
import type { OfferBoard } from '../provider/ports.ts'

export interface OfferBoardOptions {
  hub: RelayHub
  signer: Signer
  relays: readonly RelayUrl[]
  clock: Clock
  log: Log
}

const RELAY_LIST_KIND = 10_002
const ASK_MS = 3_000
const PUBLISH_MS = 10_000

/** The board on these relays. */
export function relayOfferBoard(options: OfferBoardOptions): OfferBoard {
  const { hub, signer, relays, clock, log } = options
  let lastAt = 0

  const publish = async (
    kind: number,
    tags: readonly (readonly string[])[],
    content: string,
  ): Promise<string | undefined> => {
    // Two events of one second would leave it to chance which one counts.
    lastAt = Math.max(unixSeconds(clock), lastAt + 1)
    const event = await signer.sign({ kind, tags: tags.map((tag) => [...tag]), content, created_at: lastAt })
    const { ok, failed } = await hub.publish(event, relays, { timeoutMs: PUBLISH_MS })
    if (ok.length > 0) return event.id
    log.warn(
      { kind, reasons: failed.map(({ url, reason }) => `${url}: ${reason}`) },
      'no relay took an event',
    )
    return undefined
  }

  return {
    ready: async (signal) => {
      const filter = { kinds: [OFFER_KIND], authors: [signer.publicKey], limit: 1 }
      for (let attempt = 1; !signal.aborted; attempt++) {
        const answer = await hub.query(relays, [filter], { timeoutMs: ASK_MS, signal })
        if (answer.relays.some(({ state }) => state === 'done')) return
        log.warn({ relays }, 'no relay has answered yet')
        await pause(retryDelayMs(attempt), signal)
      }
    },
    publish: ({ content, tags }) => publish(OFFER_KIND, tags, content),
    withdraw: async (eventId) => {
      await publish(
        DELETION_KIND,
        [
          ['e', eventId],
          ['k', String(OFFER_KIND)],
        ],
        '',
      )
    },
    publishInbox: async () => {
      const named = (name: string): string[][] => relays.map((url) => [name, url])
      await publish(INBOX_RELAYS_KIND, named('relay'), '')
      await publish(RELAY_LIST_KIND, named('r'), '')
    },
  }
}
