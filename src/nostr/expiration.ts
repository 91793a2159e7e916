// When does an event expire (NIP-40)?
import type { NostrEvent } from './verify-event.ts'

const WHOLE_SECONDS = /^\d{1,12}$/

/** Unix seconds of the first valid `expiration` tag, or undefined; junk counts as absent. */
export function expirationOf(event: Pick<NostrEvent, 'tags'>): number | undefined {
  for (const [name, value] of event.tags) {
    if (name === 'expiration' && value !== undefined && WHOLE_SECONDS.test(value)) return Number(value)
  }
  return undefined
}

/** True from the second of the expiration on. */
export function isExpired(event: Pick<NostrEvent, 'tags'>, nowSec: number): boolean {
  const expiresAt = expirationOf(event)
  return expiresAt !== undefined && expiresAt <= nowSec
}
