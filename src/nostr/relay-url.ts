// How is a relay's address written, so that the same relay is never two?
import { PaygressError } from '../core/errors.ts'

const LONGEST_URL = 512

/** The normal form of a ws:// or wss:// address (a bare host gets wss://). Throws PaygressError `usage`. */
export function normalizeRelayUrl(text: string): string {
  const url = parseRelayUrl(text)
  if (url !== undefined) return url
  throw new PaygressError('usage', `not a relay address: ${JSON.stringify(text.slice(0, 100))}`, {
    hint: 'write it like wss://relay.example.com or ws://127.0.0.1:7777',
  })
}

/** The normal form, or undefined where the text is no relay address. */
export function parseRelayUrl(text: string): string | undefined {
  const trimmed = text.trim()
  if (trimmed === '' || trimmed.length > LONGEST_URL) return undefined
  const withScheme = trimmed.includes('://') ? trimmed : `wss://${trimmed}`
  if (!URL.canParse(withScheme)) return undefined
  const url = new URL(withScheme)
  if ((url.protocol !== 'ws:' && url.protocol !== 'wss:') || url.hostname === '') return undefined
  if (url.username !== '' || url.password !== '') return undefined
  const path = url.pathname.replace(/\/+$/, '')
  return `${url.protocol}//${url.host}${path}${url.search}`
}

/** Valid addresses only, each once, in order. Throws PaygressError `usage` on a bad one. */
export function normalizeRelayUrls(texts: readonly string[]): string[] {
  return [...new Set(texts.map(normalizeRelayUrl))]
}
