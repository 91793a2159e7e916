// What does a wallet say of a mint: what lies there, what it can do, and what a payment from there costs?
import type { MintUrl } from '../core/mint-url.ts'

export interface MintBalance {
  mint: MintUrl
  unit: string
  /** Spendable now. */
  availableSat: bigint
  /** Taken by an operation that has not ended. */
  reservedSat: bigint
  /** On its way in or out: locked in orders, invoices paid but not minted. */
  pendingSat: bigint
  trusted: boolean
}

/** What a mint says of itself, checked once per process and refreshed when it rotates. */
export interface MintFacts {
  mint: MintUrl
  name: string | undefined
  /** Of NUT 7, 9, 10, 11, 12: those it lacks. Empty: payments can be locked there. */
  missingNuts: number[]
  /** Fee of one input in ppk of the keyset that is active for new proofs. */
  feePpk: number
}

/** What a payment of `netSat` would take out of the wallet. */
export interface SpendPlan {
  mint: MintUrl
  netSat: bigint
  /** The fee the receiver's swap will cost, added so that it nets `netSat`. */
  receiverFeeSat: bigint
  /** The fee of our own swap. */
  swapFeeSat: bigint
  /** netSat + receiverFeeSat + swapFeeSat. */
  totalSat: bigint
  availableSat: bigint
  /** Missing sats to fund (0 where the wallet has enough), fees of the funded coins included. */
  missingSat: bigint
}

export interface FundQuote {
  operationId: string
  quoteId: string
  mint: MintUrl
  amountSat: bigint
  /** A BOLT-11 invoice. */
  invoice: string
  /** Unix seconds. */
  expiresAt: number | undefined
}
