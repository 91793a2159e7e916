// How is a rumor sealed and wrapped, so that a relay sees neither its sender nor its time (NIP-17, NIP-59)?
import type { Clock, Random } from '../core/clock.ts'
import { unixSeconds } from '../core/clock.ts'
import { fraction } from './back-off.ts'
import { withWork } from './proof-of-work.ts'
import type { Rumor } from './rumor.ts'
import { localSigner, type Signer } from './signer.ts'
import type { NostrEvent } from './verify-event.ts'

export const SEAL_KIND = 13
export const GIFT_WRAP_KIND = 1059

/** Wraps and seals are dated back by up to this much, in seconds. */
export const BACKDATE_SEC = 2 * 24 * 60 * 60

export interface WrapOptions {
  clock: Clock
  random: Random
  /** Unix seconds after which relays need not keep the wrap (NIP-40). */
  expiresAt?: number
  /** Leading zero bits that the wrap's id must show (NIP-13). */
  minPow?: number
  signal?: AbortSignal
}

/** A new gift wrap (kind 1059) of the rumor; every call gives another one. `receiver`: hex key. */
export async function wrapRumor(
  rumor: Rumor,
  signer: Signer,
  receiver: string,
  options: WrapOptions,
): Promise<NostrEvent> {
  if (rumor.pubkey !== signer.publicKey) throw new Error('a rumor can only be wrapped by its own sender')
  const seal = await signer.sign({
    kind: SEAL_KIND,
    created_at: randomPast(options),
    tags: [],
    content: await signer.nip44Encrypt(receiver, JSON.stringify(rumor)),
  })
  return wrapSeal(seal, receiver, options)
}

async function wrapSeal(seal: NostrEvent, receiver: string, options: WrapOptions): Promise<NostrEvent> {
  const throwAway = localSigner(options.random.bytes(32), options.random)
  const tags = [['p', receiver]]
  if (options.expiresAt !== undefined) tags.push(['expiration', String(options.expiresAt)])
  const wrap = {
    pubkey: throwAway.publicKey,
    kind: GIFT_WRAP_KIND,
    created_at: randomPast(options),
    tags,
    content: await throwAway.nip44Encrypt(receiver, JSON.stringify(seal)),
  }
  return throwAway.sign(await withWork(wrap, options.minPow ?? 0, options.signal))
}

function randomPast({ clock, random }: WrapOptions): number {
  return unixSeconds(clock) - Math.floor(fraction(random) * BACKDATE_SEC)
}
