// What is seen of a token that somebody else has made?
import type { MintUrl } from '../core/mint-url.ts'

/** How a token is locked: `ours` to a payment key of this wallet with the exact shape of the wire spec; `other` is anything else that is locked. */
export type TokenLock =
  | { kind: 'none' }
  | { kind: 'ours'; locktime: number; refundPubkey: string }
  /** Locked to a payment key of this wallet with no locktime (a refund, a plain P2PK payment). */
  | { kind: 'ours-open-ended' }
  | { kind: 'other'; problem: string }

/** A decoded token whose shape is sound; nothing here was asked of the mint but an unknown keyset. */
export interface InspectedToken {
  token: string
  mint: MintUrl
  unit: string
  amountSat: bigint
  /** What a swap of it nets. */
  netSat: bigint
  proofCount: number
  /** Hex of hash_to_curve(secret) of each proof (NUT-00), in the token's order: what a proof is known by. */
  ys: string[]
  lock: TokenLock
}

export type TokenState = {
  state: 'unspent' | 'pending' | 'spent' | 'mixed'
  /** First witness the mint shows for a spent proof. */
  witness?: string
}
