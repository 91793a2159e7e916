// Which relay is it? One spelling per relay URL.
import type { Brand } from './brand.ts'
import { PaygressError } from './errors.ts'
import { quoteArgument } from './quote-argument.ts'

/** A normalised relay URL: ws(s), lower-case host, no fragment or credentials, no trailing slash on a bare host. */
export type RelayUrl = Brand<'RelayUrl'>

const LONGEST_URL = 512
/** What URL parsers drop without a word: another address than the one that was read. */
export const UNSEEN = /[\s\p{Cc}\p{Cf}]/u

/** The normalised URL, or undefined where the text is no relay URL. */
export function normaliseRelayUrl(text: string): RelayUrl | undefined {
  if (text.length > LONGEST_URL || UNSEEN.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.protocol !== 'wss:' && url.protocol !== 'ws:') return undefined
  if (url.username !== '' || url.password !== '' || url.hash !== '') return undefined
  const path = url.pathname === '/' ? '' : url.pathname
  return `${url.protocol}//${url.host}${path}${url.search}` as RelayUrl
}

/** Parses a relay URL typed by a person; throws `usage`. */
export function parseRelayUrl(text: string): RelayUrl {
  const url = normaliseRelayUrl(text)
  if (url !== undefined) return url
  throw new PaygressError('usage', `${quoteArgument(text)} is not a relay URL`, {
    hint: 'a relay is a wss:// (or ws://) address, for example wss://relay.damus.io',
  })
}

/** True where the host is this machine alone. */
export function isLoopbackUrl(url: string): boolean {
  const host = hostOf(url)
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
}

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '')
}
