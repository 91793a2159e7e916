// What is an operation of the wallet given, and what is said of it afterwards?
import type { OrderId } from '../core/ids.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { EffectRef, OperationResult, Transaction } from './transaction.ts'

export type OperationKind =
  | 'fund'
  | 'send'
  | 'receive'
  | 'swap'
  | 'lock'
  | 'capture'
  | 'release'
  | 'respend'
  | 'refund'
  | 'reclaim'
  | 'restore'

/** What all operations take. */
export interface OperationOptions {
  orderId?: OrderId
  /** Stored with the operation and run in the transaction that ends it. */
  effect?: EffectRef
  /** Runs in the first transaction, together with the reservation: what must be on disk before the mint is asked. */
  prepare?: (tx: Transaction, operationId: string) => void
  signal?: AbortSignal
}

/** NUT-11 lock terms, all keys 33-byte hex; the lock ends at `locktime` by the mint's clock (Unix seconds). */
export interface LockTerms {
  pubkey: string
  locktime: number
  refundPubkey: string
}

/** `unknown`: the request may or may not have reached the mint; recovery finds out. Money is not lost, only not known. */
export type Outcome<Ended = OperationResult> = Ended | { status: 'unknown'; operationId: string }

export interface HistoryEntry {
  operationId: string
  kind: OperationKind
  state: 'prepared' | 'submitted' | 'done' | 'failed'
  mint: MintUrl
  amountSat: bigint
  feeSat: bigint
  orderId: OrderId | undefined
  createdAt: Date
  updatedAt: Date
}
