// Who may read private events? With AUTH (NIP-42) only those they are from or for.
import type { NostrEvent } from '../../nostr/verify-event.ts'
import type { Filter } from './filter.ts'

// Private messages, gift wraps and their ephemeral form.
const RESTRICTED_KINDS: readonly number[] = [4, 1059, 21059]

export type ReadVerdict = { allowed: true } | { allowed: false; reason: string }

/** May this connection, authenticated as `reader` or nobody, open a REQ with these filters? */
export function mayAsk(filters: readonly Filter[], reader: string | undefined): ReadVerdict {
  const guarded = filters.filter((filter) => filter.kinds?.some((kind) => RESTRICTED_KINDS.includes(kind)))
  if (guarded.length === 0) return { allowed: true }
  if (reader === undefined)
    return { allowed: false, reason: 'auth-required: private messages are shown to their receiver only' }
  const own = guarded.every((filter) => isOwn(filter.tags.get('p'), reader) || isOwn(filter.authors, reader))
  return own
    ? { allowed: true }
    : { allowed: false, reason: 'restricted: private messages are shown to their receiver only' }
}

/** May this connection see this event? */
export function maySee(event: NostrEvent, reader: string | undefined): boolean {
  if (!RESTRICTED_KINDS.includes(event.kind)) return true
  if (reader === undefined) return false
  return event.pubkey === reader || event.tags.some(([name, value]) => name === 'p' && value === reader)
}

function isOwn(keys: readonly string[] | undefined, reader: string): boolean {
  return keys !== undefined && keys.length > 0 && keys.every((key) => key === reader)
}
