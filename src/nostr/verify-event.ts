// Is this JSON value a genuine Nostr event: the right shape, the right id, a valid signature?
import { createHash } from 'node:crypto'
import { verifyEvent as verifySignature } from 'nostr-tools/pure'
import * as z from 'zod'

/** A signed event of NIP-01. `created_at` is in Unix seconds. */
export interface NostrEvent {
  readonly id: string
  readonly pubkey: string
  readonly created_at: number
  readonly kind: number
  readonly tags: readonly (readonly string[])[]
  readonly content: string
  readonly sig: string
}

export type UnsignedEvent = Omit<NostrEvent, 'id' | 'sig'>
export type EventTemplate = Omit<UnsignedEvent, 'pubkey'>

export type EventFault = 'shape' | 'size' | 'id' | 'signature'
export type EventVerdict = { ok: true; event: NostrEvent } | { ok: false; fault: EventFault }

/** Largest event that is looked at, in bytes of its JSON: what mainstream relays accept. */
export const MAX_EVENT_BYTES = 65_536

const hex = (length: number) => z.string().regex(new RegExp(`^[0-9a-f]{${length}}$`))

export const eventFields = {
  id: hex(64),
  pubkey: hex(64),
  created_at: z.int().min(0),
  kind: z.int().min(0).max(65_535),
  tags: z.array(z.array(z.string()).max(100)).max(2_500),
  content: z.string(),
  sig: hex(128),
}

const eventSchema = z.object(eventFields)

// Only objects made here, frozen, are in these sets: a spread copy with another content is another object.
const parsedHere = new WeakSet<object>()
const genuine = new WeakSet<object>()

/** NIP-01 id: SHA-256 of the canonical serialisation, as hex. */
export function eventId(event: UnsignedEvent): string {
  const serialised = JSON.stringify([
    0,
    event.pubkey,
    event.created_at,
    event.kind,
    event.tags,
    event.content,
  ])
  return createHash('sha256').update(serialised).digest('hex')
}

/** A fresh, frozen event of the right shape and id; the signature is not looked at yet. Never throws. */
export function parseEvent(value: unknown): EventVerdict {
  if (isParsedHere(value)) return { ok: true, event: value }
  const parsed = eventSchema.safeParse(value)
  if (!parsed.success) return { ok: false, fault: 'shape' }
  const event = parsed.data
  if (event.content.length > MAX_EVENT_BYTES || eventBytes(event) > MAX_EVENT_BYTES)
    return { ok: false, fault: 'size' }
  if (eventId(event) !== event.id) return { ok: false, fault: 'id' }
  for (const tag of event.tags) Object.freeze(tag)
  Object.freeze(event.tags)
  Object.freeze(event)
  parsedHere.add(event)
  return { ok: true, event }
}

/** Shape, size, id and BIP-340 signature, cheapest first. Never throws; costs the signature only once per object. */
export function verifyEvent(value: unknown): EventVerdict {
  const verdict = parseEvent(value)
  if (!verdict.ok || genuine.has(verdict.event)) return verdict
  if (!hasValidSignature(verdict.event)) return { ok: false, fault: 'signature' }
  genuine.add(verdict.event)
  return verdict
}

/** Bytes of the event as JSON. */
function eventBytes(event: NostrEvent): number {
  return Buffer.byteLength(JSON.stringify(event))
}

function isParsedHere(value: unknown): value is NostrEvent {
  return typeof value === 'object' && value !== null && parsedHere.has(value)
}

function hasValidSignature(event: NostrEvent): boolean {
  // A copy: the library marks what it verified on the object itself, which would survive a spread.
  return verifySignature({ ...event, tags: event.tags.map((tag) => [...tag]) })
}
