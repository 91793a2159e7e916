// What is asked of a recovery, and of a restore from the words, and what do they report?
import type { OrderId } from '../core/ids.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { OperationKind } from './operation-options.ts'
import type { OperationResult } from './transaction.ts'

export interface RecoverOptions {
  signal: AbortSignal
  /** Only what lies at this mint. */
  mint?: MintUrl
  /** Asks also for old payments that nobody has taken. */
  thorough?: boolean
  /** Called when all operations at a mint were gone through, those whose outcome it does not tell included. */
  onMint?: (mint: MintUrl) => void
}

export interface RecoveryReport {
  /** One per operation that ended. */
  ended: { operationId: string; kind: OperationKind; orderId: OrderId | undefined; result: OperationResult }[]
  /** Operations whose outcome the mint could not tell yet. `createdAt` in Unix milliseconds. */
  open: {
    operationId: string
    kind: OperationKind
    orderId: OrderId | undefined
    mint: MintUrl
    createdAt: number
  }[]
}

export interface RestoreOptions {
  signal: AbortSignal
  /** So many counters in a row that made no coin end the search of a keyset; 500 without it. */
  gap?: number | undefined
  /** Called after every batch, with the sums so far and the counter of the keyset that is looked at. */
  onProgress(soFar: RestoreReport & { keysetId: string; counter: number }): void
}

export interface RestoreReport {
  mint: MintUrl
  /** What came back, spendable now. */
  restoredSat: bigint
  coins: number
  /** Coins whose signature by the mint is not genuine. */
  unusable: number
  /** Keysets that were gone through. */
  keysets: number
}
