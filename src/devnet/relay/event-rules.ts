// How does a relay treat an event of this kind (NIP-01, NIP-09, NIP-40)?
import type { NostrEvent } from '../../nostr/verify-event.ts'

const DELETION_KIND = 5

/** Kinds that are passed on and never stored. */
export function isEphemeral(kind: number): boolean {
  return kind >= 20_000 && kind < 30_000
}

/** Where a replaceable or addressable event lives (`kind:pubkey:d`); undefined for all that is simply kept, like kind 999. */
export function addressOf(event: NostrEvent): string | undefined {
  const { kind, pubkey } = event
  if (kind === 0 || kind === 3 || (kind >= 10_000 && kind < 20_000)) return `${kind}:${pubkey}:`
  if (kind < 30_000 || kind >= 40_000) return undefined
  const d = event.tags.find(([name]) => name === 'd')?.[1] ?? ''
  return `${kind}:${pubkey}:${d}`
}

export interface Deletion {
  author: string
  /** An event id or an address. */
  target: string
  /** Versions of an address up to this time are deleted; an id at any time. */
  until: number
}

/** What a deletion request (kind 5) asks for; nothing for other kinds. */
export function deletionsOf(event: NostrEvent): Deletion[] {
  if (event.kind !== DELETION_KIND) return []
  return event.tags.flatMap(([name, target]) => {
    if (target === undefined || (name !== 'e' && name !== 'a')) return []
    const until = name === 'e' ? Infinity : event.created_at
    return [{ author: event.pubkey, target, until }]
  })
}

/** True from the second of the event's `expiration` tag on (NIP-40). */
export function isExpired(event: NostrEvent, nowSec: number): boolean {
  return expiresAt(event) <= nowSec
}

/** Unix seconds of the expiration; Infinity where there is none or it is junk. */
export function expiresAt(event: NostrEvent): number {
  const value = event.tags.find(([name]) => name === 'expiration')?.[1]
  return value !== undefined && /^\d{1,12}$/.test(value) ? Number(value) : Infinity
}
