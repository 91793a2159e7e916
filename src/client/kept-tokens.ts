// What becomes of a token that a provider gave back and that could not be received? It stays with its order, to be tried again.
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { PaymentState } from '../protocol/payment-state.ts'

/** A provider that finds a new token each time is not listened to for ever. */
const MOST_TOKENS = 40

interface Keeping {
  unreceived?: string[] | undefined
}

/** The tokens in a provider's word of the money. */
export function refundTokens(payment: PaymentState): string[] {
  if (payment.status !== 'refunded') return []
  return [payment.refund_token, ...(payment.further_refund_tokens ?? [])]
}

/** The field of an order that keeps these tokens beside those it has, each once. */
export function withTokens(order: Keeping, tokens: readonly string[]): Keeping {
  return fieldOf([...new Set([...(order.unreceived ?? []), ...tokens])].slice(0, MOST_TOKENS))
}

/** The field of an order without the tokens that are received, or about to be. */
export function withoutTokens(order: Keeping, isGone: (token: string) => boolean): Keeping {
  return fieldOf((order.unreceived ?? []).filter((token) => !isGone(token)))
}

/** What a token is known by where it must not be written down itself. */
export function tokenHash(token: string): string {
  return bytesToHex(sha256(utf8ToBytes(token)))
}

function fieldOf(tokens: string[]): Keeping {
  return { unreceived: tokens.length === 0 ? undefined : tokens }
}
