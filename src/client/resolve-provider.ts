// Which provider is meant? An npub, a hex key, the beginning of either, three words, or the name in its offer.
import { PaygressError } from '../core/errors.ts'
import { quoteArgument } from '../core/quote-argument.ts'
import { nearest } from '../core/nearest.ts'
import { decodeNpub, encodeProviderNpub, isPublicKeyHex, type PublicKeyHex } from '../core/npub.ts'
import { threeWordName } from '../core/three-word-name.ts'
import type { SeenOffer } from './offer-board.ts'

/** Shorter beginnings of a key are not taken: they are too easily somebody else's. */
const LEAST_PREFIX = 6

/** The key that a text spells out in full (npub or 64 hex), or undefined. */
export function providerKey(text: string): PublicKeyHex | undefined {
  const key = text.trim().toLowerCase()
  return isPublicKeyHex(key) ? key : decodeNpub(key)
}

/** True where a text names this provider. */
export function matchesProvider({ provider, offer }: SeenOffer, text: string): boolean {
  const wanted = text.trim().toLowerCase()
  const full = providerKey(wanted)
  if (full !== undefined) return provider === full
  if (threeWordName(provider) === wanted || offer.name?.toLowerCase() === wanted) return true
  return isPrefix(wanted, provider)
}

function isPrefix(wanted: string, provider: PublicKeyHex): boolean {
  const bare = wanted.startsWith('npub1') ? wanted.slice('npub1'.length) : wanted
  if (bare.length < LEAST_PREFIX) return false
  return provider.startsWith(wanted) || encodeProviderNpub(provider).startsWith(`npub1${bare}`)
}

/** The one offer whose provider is meant; throws `unknown_provider` (with the nearest name) or `ambiguous_name` (with candidates). */
export function resolveProvider(offers: readonly SeenOffer[], text: string): SeenOffer {
  const matches = offers.filter((seen) => matchesProvider(seen, text))
  const [only, ...others] = matches
  if (only === undefined) throw unknownProvider(offers, text)
  if (others.length === 0) return only
  const candidates = matches.map(({ provider }) => encodeProviderNpub(provider))
  throw new PaygressError(
    'ambiguous_name',
    `${quoteArgument(text)} can be any of ${matches.length} providers`,
    {
      hint: `name one in full: ${candidates.slice(0, 5).join(', ')}`,
      details: { candidates },
    },
  )
}

function unknownProvider(offers: readonly SeenOffer[], text: string): PaygressError {
  const names = offers.flatMap(({ provider, offer }) => [threeWordName(provider), offer.name ?? ''])
  const meant = nearest(
    text,
    names.filter((name) => name !== ''),
  )
  return new PaygressError(
    'unknown_provider',
    `no provider ${quoteArgument(text)} has an offer on your relays`,
    {
      hint: meant === undefined ? 'paygress offers --all' : `did you mean ${meant}?`,
    },
  )
}
