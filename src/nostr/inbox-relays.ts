// Where does somebody want their private messages (NIP-17, kind 10050)?
import { normaliseRelayUrl, type RelayUrl } from '../core/relay-url.ts'
import type { RelayHub } from './relay-hub.ts'
import { tagValues } from './rumor.ts'

export const INBOX_RELAYS_KIND = 10_050
const LOOKUP_MS = 2_000

/** The list that `author` (hex) published on these relays; empty where there is none. */
export async function inboxRelays(
  hub: RelayHub,
  author: string,
  relays: readonly RelayUrl[],
): Promise<RelayUrl[]> {
  const filter = { kinds: [INBOX_RELAYS_KIND], authors: [author], limit: 1 }
  const { events } = await hub.query(relays, [filter], { timeoutMs: LOOKUP_MS })
  const newest = events.toSorted((a, b) => b.created_at - a.created_at)[0]
  return newest === undefined ? [] : tagValues(newest, 'relay').flatMap((url) => normaliseRelayUrl(url) ?? [])
}
