// Which events does a test send to a foreign relay? Signed with nostr-tools, so that our own code is not its own judge.
import { finalizeEvent, generateSecretKey, type EventTemplate, type VerifiedEvent } from 'nostr-tools/pure'
import type { RawRelayClient } from './raw-relay-client.ts'

const AUTH_KIND = 22242

/** A signed event of now; kind 1 with a fresh key unless told otherwise. */
export function makeEvent(template: Partial<EventTemplate>, secretKey = generateSecretKey()): VerifiedEvent {
  const created_at = Math.floor(Date.now() / 1000)
  return finalizeEvent({ kind: 1, created_at, tags: [], content: 'text', ...template }, secretKey)
}

/** Answers the relay's challenge (NIP-42) and returns its OK message. */
export async function authenticate(
  client: RawRelayClient,
  relayUrl: string,
  secretKey: Uint8Array,
): Promise<unknown[]> {
  const [, challenge] = await client.heard('AUTH')
  const tags = [
    ['relay', relayUrl],
    ['challenge', String(challenge)],
  ]
  const answer = makeEvent({ kind: AUTH_KIND, tags, content: '' }, secretKey)
  client.send('AUTH', answer)
  return client.heard('OK', answer.id)
}
