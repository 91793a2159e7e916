// Which events does a client's filter ask for (NIP-01)? Written apart from the client's own filters, so that each checks the other.
import * as z from 'zod'
import type { NostrEvent } from '../../nostr/verify-event.ts'

/** A filter of the right shape; times in Unix seconds, both ends inclusive. */
export interface Filter {
  ids?: string[]
  authors?: string[]
  kinds?: number[]
  since?: number
  until?: number
  limit?: number
  /** Tag letter → values, one of which must be there. */
  tags: ReadonlyMap<string, readonly string[]>
}

const hex = z.string().regex(/^[0-9a-f]{64}$/)
const time = z.int().min(0)

const fieldsSchema = z.object({
  ids: z.exactOptional(z.array(hex).max(1_000)),
  authors: z.exactOptional(z.array(hex).max(1_000)),
  kinds: z.exactOptional(z.array(z.int().min(0).max(65_535)).max(100)),
  since: z.exactOptional(time),
  until: z.exactOptional(time),
  limit: z.exactOptional(z.int().min(0)),
})
const tagSchema = z.array(z.string().max(1_024)).max(1_000)

/** The filter, or undefined where its shape is wrong. Unknown fields are ignored; tag conditions are `#` and one letter. */
export function parseFilter(value: unknown): Filter | undefined {
  const fields = fieldsSchema.safeParse(value)
  if (!fields.success || typeof value !== 'object' || value === null) return undefined
  const tags = new Map<string, readonly string[]>()
  for (const [key, values] of Object.entries(value)) {
    if (!/^#[A-Za-z]$/.test(key)) continue
    const tag = tagSchema.safeParse(values)
    if (!tag.success) return undefined
    tags.set(key.slice(1), tag.data)
  }
  return { ...fields.data, tags }
}

/** True where the event meets every condition of the filter. */
export function filterMatches(filter: Filter, event: NostrEvent): boolean {
  const { ids, authors, kinds, since = 0, until = Infinity } = filter
  if (event.created_at < since || event.created_at > until) return false
  if (kinds?.includes(event.kind) === false) return false
  if (ids?.includes(event.id) === false || authors?.includes(event.pubkey) === false) return false
  for (const [letter, values] of filter.tags) {
    if (!event.tags.some(([name, value]) => name === letter && values.includes(value ?? ''))) return false
  }
  return true
}
