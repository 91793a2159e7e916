// What is inside this gift wrap, and is it really from whom it says (NIP-17, NIP-59)?
import type { Clock } from '../core/clock.ts'
import { unixSeconds } from '../core/clock.ts'
import { isPublicKeyHex, type PublicKeyHex } from '../core/npub.ts'
import { isExpired } from './expiration.ts'
import { GIFT_WRAP_KIND, SEAL_KIND } from './gift-wrap.ts'
import { RUMOR_KIND, rumorSchema, tagValues, type Rumor } from './rumor.ts'
import type { Signer } from './signer.ts'
import { eventId, parseEvent, verifyEvent, type NostrEvent } from './verify-event.ts'

/** Why a wrap is not a message to us. */
export type GiftFault =
  | 'malformed'
  | 'too-large'
  | 'forged'
  | 'not-a-gift'
  | 'not-for-us'
  | 'expired'
  | 'unreadable'
  | 'bad-seal'
  | 'forged-seal'
  | 'spoofed-sender'
  | 'bad-rumor'
  | 'signed-rumor'
  | 'wrong-rumor-id'
  | 'too-old'
  | 'from-the-future'

/** A message that passed every check; `sender` signed the seal. */
export interface Gift {
  wrapId: string
  sender: PublicKeyHex
  rumor: Rumor
}

export type Unwrapped = { ok: true; gift: Gift } | { ok: false; fault: GiftFault }

export interface UnwrapOptions {
  clock: Clock
  /** Oldest rumor accepted, in seconds before now; 48 h without it. */
  maxAgeSec?: number
}

const MAX_RUMOR_AGE_SEC = 48 * 60 * 60
export const MAX_RUMOR_AHEAD_SEC = 10 * 60

/** Opens a wrap of kind 1059 with every check, the cheap ones first. Never throws on hostile input. */
export async function unwrapGift(wrap: unknown, signer: Signer, options: UnwrapOptions): Promise<Unwrapped> {
  const opened = await openWrap(wrap, signer, unixSeconds(options.clock))
  if ('fault' in opened) return { ok: false, fault: opened.fault }
  const { seal, wrapId } = opened
  if (!isPublicKeyHex(seal.pubkey)) return { ok: false, fault: 'bad-seal' }
  const plain = await decryptJson(signer, seal)
  if (plain === undefined) return { ok: false, fault: 'unreadable' }
  const rumor = checkRumor(plain.json, seal.pubkey, signer.publicKey)
  if ('fault' in rumor) return { ok: false, fault: rumor.fault }
  const fault = timeFault(rumor, options)
  if (fault !== undefined) return { ok: false, fault }
  return { ok: true, gift: { wrapId, sender: seal.pubkey, rumor } }
}

type Fault = { fault: GiftFault }

async function openWrap(
  value: unknown,
  signer: Signer,
  nowSec: number,
): Promise<{ seal: NostrEvent; wrapId: string } | Fault> {
  if (!hasKind(value, GIFT_WRAP_KIND)) return { fault: 'not-a-gift' }
  const outer = parseEvent(value)
  if (!outer.ok) return { fault: OUTER_FAULTS[outer.fault] }
  const wrap = outer.event
  if (!tagValues(wrap, 'p').includes(signer.publicKey)) return { fault: 'not-for-us' }
  if (isExpired(wrap, nowSec)) return { fault: 'expired' }
  if (!verifyEvent(wrap).ok) return { fault: 'forged' }
  const plain = await decryptJson(signer, wrap)
  if (plain === undefined) return { fault: 'unreadable' }
  if (!hasKind(plain.json, SEAL_KIND)) return { fault: 'bad-seal' }
  const seal = verifyEvent(plain.json)
  if (!seal.ok) return { fault: seal.fault === 'signature' ? 'forged-seal' : 'bad-seal' }
  if (seal.event.tags.length > 0) return { fault: 'bad-seal' }
  return { seal: seal.event, wrapId: wrap.id }
}

const OUTER_FAULTS = { shape: 'malformed', size: 'too-large', id: 'forged', signature: 'forged' } as const

function checkRumor(json: unknown, sealedBy: string, receiver: string): Rumor | Fault {
  const parsed = rumorSchema.safeParse(json)
  if (!parsed.success) return { fault: hasSignature(json) ? 'signed-rumor' : 'bad-rumor' }
  const { pubkey, created_at, kind, tags, content } = parsed.data
  if (kind !== RUMOR_KIND) return { fault: 'bad-rumor' }
  if (pubkey !== sealedBy) return { fault: 'spoofed-sender' }
  const id = eventId({ pubkey, created_at, kind, tags, content })
  if (parsed.data.id !== undefined && parsed.data.id !== id) return { fault: 'wrong-rumor-id' }
  if (!tagValues({ tags }, 'p').includes(receiver)) return { fault: 'not-for-us' }
  return { id, pubkey, created_at, kind, tags, content }
}

function timeFault(rumor: Rumor, { clock, maxAgeSec }: UnwrapOptions): GiftFault | undefined {
  const now = unixSeconds(clock)
  if (rumor.created_at < now - (maxAgeSec ?? MAX_RUMOR_AGE_SEC)) return 'too-old'
  if (rumor.created_at > now + MAX_RUMOR_AHEAD_SEC) return 'from-the-future'
  return undefined
}

/** The decrypted content as JSON; undefined where it cannot be decrypted or parsed: that is an answer here, not an error. */
async function decryptJson(signer: Signer, event: NostrEvent): Promise<{ json: unknown } | undefined> {
  try {
    return { json: JSON.parse(await signer.nip44Decrypt(event.pubkey, event.content)) }
  } catch {
    return undefined
  }
}

function hasKind(value: unknown, kind: number): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind
}

function hasSignature(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'sig' in value && value.sig !== ''
}
