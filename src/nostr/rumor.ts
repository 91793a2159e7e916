// What is the message inside a gift wrap: the unsigned rumor of NIP-17?
import * as z from 'zod'
import { eventFields, eventId, type NostrEvent } from './verify-event.ts'

/** Kind of a private message (NIP-17). */
export const RUMOR_KIND = 14

/** An unsigned private message; plain JSON, so that it can be journalled before anything is published. */
export type Rumor = Omit<NostrEvent, 'sig'>

export interface RumorDraft {
  /** Public key (hex) of the sender. */
  sender: string
  /** Public key (hex) of the receiver. */
  receiver: string
  content: string
  /** Real time of sending, Unix seconds. */
  createdAt: number
  /** The rumor this one answers. */
  replyTo?: string
  /** Further tags, after `p` and `e`. */
  tags?: readonly (readonly string[])[]
}

/** A rumor of kind 14 with its id. */
export function createRumor(draft: RumorDraft): Rumor {
  const tags: (readonly string[])[] = [['p', draft.receiver]]
  if (draft.replyTo !== undefined) tags.push(['e', draft.replyTo])
  if (draft.tags !== undefined) tags.push(...draft.tags)
  const unsigned = {
    pubkey: draft.sender,
    created_at: draft.createdAt,
    kind: RUMOR_KIND,
    tags,
    content: draft.content,
  }
  return { id: eventId(unsigned), ...unsigned }
}

const { id, pubkey, created_at, kind, tags, content } = eventFields

/** Shape of a rumor from outside: strict types, id optional, and no signature. */
export const rumorSchema = z.object({
  id: id.optional(),
  pubkey,
  created_at,
  kind,
  tags,
  content,
  // Some libraries write an empty signature into an unsigned event.
  sig: z.literal('').optional(),
})

/** Values of all tags of that name. */
export function tagValues(event: Pick<Rumor, 'tags'>, name: string): string[] {
  return event.tags.flatMap(([tag, value]) => (tag === name && value !== undefined ? [value] : []))
}
