// What does this frame from a client say (NIP-01, NIP-42)?
import * as z from 'zod'
import type { Filter } from '../../nostr/filter.ts'

export type ClientFrame =
  | { type: 'EVENT'; event: unknown }
  | { type: 'REQ'; subscription: string; filters: unknown[] }
  | { type: 'CLOSE'; subscription: string }
  | { type: 'AUTH'; event: unknown }

const frameSchema = z.union([
  z.tuple([z.literal('EVENT'), z.unknown()]),
  z.tuple([z.literal('REQ'), z.string().min(1)], z.unknown()),
  z.tuple([z.literal('CLOSE'), z.string()]),
  z.tuple([z.literal('AUTH'), z.unknown()]),
])

/** The frame, or undefined where it is none. Never throws. */
export function parseClientFrame(data: string): ClientFrame | undefined {
  const parsed = frameSchema.safeParse(parseJson(data))
  if (!parsed.success) return undefined
  const [type, first, ...rest] = parsed.data
  switch (type) {
    case 'EVENT':
    case 'AUTH':
      return { type, event: first }
    case 'REQ':
      return { type, subscription: String(first), filters: rest }
    case 'CLOSE':
      return { type, subscription: String(first) }
  }
}

const hex = z.string().regex(/^[0-9a-f]{64}$/)
const time = z.int().min(0)

const filterSchema = z.object({
  ids: z.exactOptional(z.array(hex).max(1_000)),
  authors: z.exactOptional(z.array(hex).max(1_000)),
  kinds: z.exactOptional(z.array(z.int().min(0).max(65_535)).max(100)),
  since: z.exactOptional(time),
  until: z.exactOptional(time),
  limit: z.exactOptional(z.int().min(0)),
})
const tagSchema = z.array(z.string().max(1_024)).max(1_000)

/** A filter of the right shape, or undefined. Unknown fields are ignored, tag conditions are `#` and one letter. */
export function parseFilter(value: unknown): Filter | undefined {
  const parsed = filterSchema.safeParse(value)
  if (!parsed.success || typeof value !== 'object' || value === null) return undefined
  const tags: Record<`#${string}`, string[]> = {}
  for (const [key, values] of Object.entries(value)) {
    if (!/^#[A-Za-z]$/.test(key)) continue
    const tag = tagSchema.safeParse(values)
    if (!tag.success) return undefined
    tags[`#${key.slice(1)}`] = tag.data
  }
  return { ...parsed.data, ...tags }
}

function parseJson(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}
