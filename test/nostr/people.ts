// Who takes part in these tests? Keys, clocks and chance that give the same run every time.
import { createHash } from 'node:crypto'
import type { Clock, Random } from '../../src/core/clock.ts'
import { wrapRumor } from '../../src/nostr/gift-wrap.ts'
import type { RelayTiming } from '../../src/nostr/relay-timing.ts'
import { createRumor, type Rumor } from '../../src/nostr/rumor.ts'
import { localSigner, type Signer } from '../../src/nostr/signer.ts'
import type { NostrEvent } from '../../src/nostr/verify-event.ts'

/** Bytes from a seed: the same in every run. */
function seededRandom(seed: string): Random {
  let counter = 0
  return {
    bytes: (count) => {
      const blocks: Buffer[] = []
      while (blocks.length * 32 < count) {
        blocks.push(createHash('sha256').update(`${seed}:${counter}`).digest())
        counter += 1
      }
      return new Uint8Array(Buffer.concat(blocks).subarray(0, count))
    },
  }
}

export const random = seededRandom('chance')
export const clock: Clock = { now: () => Date.now() }

export function secretKey(name: string): Uint8Array {
  return seededRandom(`key of ${name}`).bytes(32)
}

export function person(name: string): Signer {
  return localSigner(secretKey(name), random)
}

export const alice = person('alice')
export const bob = person('bob')
export const mallory = person('mallory')

export function nowSec(): number {
  return Math.floor(clock.now() / 1000)
}

export function message(from: Signer, to: Signer, content: string, createdAt = nowSec()): Rumor {
  return createRumor({ sender: from.publicKey, receiver: to.publicKey, content, createdAt })
}

export function wrapFor(to: Signer, rumor: Rumor, from: Signer): Promise<NostrEvent> {
  return wrapRumor(rumor, from, to.publicKey, { clock, random })
}

export function note(signer: Signer, content: string, createdAt = nowSec()): Promise<NostrEvent> {
  return signer.sign({ kind: 1, created_at: createdAt, tags: [['t', 'paygress']], content })
}

/** The relay layer's times in a hurry. */
export const hurry: Partial<RelayTiming> = {
  handshakeMs: 2_000,
  reconnect: { firstMs: 20, maxMs: 80 },
  authMs: 2_000,
  rateLimitedMs: 60,
  refused: { firstMs: 20, maxMs: 60 },
}

/** Resolves when the condition holds; the test's own time-out is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}
