// What does the wallet keep? A journal of operations, coins, keys and claims, in a store that never forgets.
import type { OrderId } from '../core/ids.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { Keyset, Output, OutputLock, Proof } from './ecash-port.ts'
import type { MintInfo } from './mint-port.ts'
import type { EffectRef, OperationResult, RunTransaction, Transaction } from './transaction.ts'
import type { HistoryEntry, OperationKind } from './operation-options.ts'

export type { RunTransaction, Transaction } from './transaction.ts'
export type { HistoryEntry, OperationKind } from './operation-options.ts'

/** What an operation will make of its inputs, so that new outputs can be made if its keyset is gone. */
export interface OperationPlan {
  /** What goes into a token; the rest (or, without it, all) is kept. */
  send: { sat: bigint; addReceiverFee: boolean; lock?: OutputLock } | undefined
  /** The inputs are this wallet's own coins, else those of a token. */
  ownInputs: boolean
}

/** The quote behind a `fund` operation. */
export interface StoredQuote {
  id: string
  invoice: string
  amountSat: bigint
  expiresAt: number | undefined
  /** Index of the NUT-20 key, if the quote has one. */
  keyIndex: number | undefined
}

/** One set of outputs an operation asked the mint to sign; the newest one is tried, all can be restored. */
export interface Attempt {
  number: number
  outputs: Output[]
  feeSat: bigint
  /** Unix milliseconds: until then a request for these outputs may still reach the mint. 0: none can. */
  mayLandUntil: number
}

/** A row of the journal. */
export interface Operation {
  id: string
  kind: OperationKind
  state: 'prepared' | 'submitted' | 'done' | 'failed'
  mint: MintUrl
  unit: string
  /** What the operation is about, for histories: becomes the result's amount. */
  amountSat: bigint
  feeSat: bigint
  orderId: OrderId | undefined
  /** Exactly as they are sent, witnesses included. */
  inputs: Proof[]
  plan: OperationPlan
  quote: StoredQuote | undefined
  effect: EffectRef | undefined
  /** The process that works on it. */
  owner: string
  result: OperationResult | undefined
  /** Unix seconds by the mint's clock; only captures have them. */
  captureBefore: number | undefined
  lockEndsAt: number | undefined
  createdAt: number
  updatedAt: number
}

export interface StoredMint {
  url: MintUrl
  trusted: boolean
  info: MintInfo | undefined
  /** Unix milliseconds of the last look at its keysets. */
  keysetsSeenAt: number | undefined
}

/** One of the wallet's coins. */
export interface Coin {
  y: string
  proof: Proof
}

export interface CoinSums {
  mint: MintUrl
  availableSat: bigint
  reservedSat: bigint
}

export type KeyRole = 'payment' | 'refund' | 'quote'

export interface StoredKey {
  role: KeyRole
  index: number
  pubkey: string
}

/** Who holds a proof of somebody's payment, and what became of it. */
export interface Claim {
  y: string
  sender: string
  orderId: string
  /** Unix seconds by the mint's clock; undefined: for ever. */
  until: number | undefined
}

/** What was done with a proof of somebody's payment: a capture was sent, or a signature given away. Never both. */
export interface ProofFate {
  y: string
  fate: 'captured' | 'released'
  operationId: string
}

/** A locked token that was given away, and may still come back. */
export interface UnsettledToken {
  mint: MintUrl
  /** Unix seconds by the mint's clock. */
  locktime: number
  ys: string[]
}

export interface WalletReader {
  words(): string | undefined
  /** True where the words were brought by a person and this keyset was not yet searched for what they made of it before. */
  needsSearch(keysetId: string): boolean
  /** The first counter of a keyset that was never used (NUT-13). */
  counter(keysetId: string): number
  mints(): StoredMint[]
  mint(url: MintUrl): StoredMint | undefined
  keysets(mint: MintUrl): Keyset[]
  keys(mint: MintUrl, keysetId: string): Readonly<Record<string, string>> | undefined
  /** Those that can be spent. */
  coins(mint: MintUrl): Coin[]
  /** True for one that is or was this wallet's, spent or not. */
  hasCoin(y: string): boolean
  coinSums(): CoinSums[]
  /** Sats of operations under way that will come in: submitted ones with foreign inputs or a quote; tokens locked and not settled. */
  pendingSums(): { mint: MintUrl; pendingSat: bigint }[]
  /** Locked tokens this wallet made of which a proof is not known to be spent. */
  unsettledTokens(): UnsettledToken[]
  operation(id: string): Operation | undefined
  attempts(operationId: string): Attempt[]
  /** Prepared and submitted ones, oldest first. */
  openOperations(): Operation[]
  /** Captures that were sent and failed, begun since `sinceMs` (Unix milliseconds). */
  failedCaptures(sinceMs: number): Operation[]
  /** The newest operation of a kind that took a token with this proof as its input. */
  operationByInput(y: string): Operation | undefined
  history(limit: number): HistoryEntry[]
  keyByPubkey(pubkey: string): StoredKey | undefined
  key(role: KeyRole, index: number): StoredKey | undefined
  newestKey(role: KeyRole): StoredKey | undefined
  claim(y: string): Claim | undefined
  fate(y: string): ProofFate | undefined
}

export interface WalletWriter extends WalletReader {
  /** Keeps what is there already. `given`: a person brought them, so that others may have made coins of them before. */
  saveWords(words: string, given: boolean): void
  /** Every coin that the words ever made of this keyset is known from now on. */
  saveSearched(keysetId: string): void
  saveMint(mint: StoredMint): void
  /** `seenAt`: when the mint was asked, in milliseconds. */
  saveKeysets(mint: MintUrl, keysets: readonly Keyset[], seenAt: number): void
  saveKeys(mint: MintUrl, keysetId: string, keys: Readonly<Record<string, string>>): void
  /** The first of `count` counters of a keyset that were never used (NUT-13), used from now on. */
  takeCounters(keysetId: string, count: number): number
  addCoins(mint: MintUrl, coins: readonly Coin[], operationId: string): void
  /** Throws `internal` where one of them is not free. */
  reserveCoins(ys: readonly string[], operationId: string): void
  spendCoins(ys: readonly string[]): void
  freeCoins(ys: readonly string[]): void
  /** Those that are free in this wallet are so no longer: a token held them too, and the mint has seen it spent. */
  dropCoins(ys: readonly string[], operationId: string): void
  insertOperation(operation: Operation, inputYs: readonly string[]): void
  /** False where another process has ended or taken it. */
  updateOperation(
    id: string,
    from: { state: Operation['state']; owner: string },
    to: OperationChange,
  ): boolean
  saveAttempt(operationId: string, attempt: Attempt): void
  /** Tokens made by this wallet that hold these proofs are out of its reach from now on, or back in it. */
  settleTokens(ys: readonly string[]): void
  /** The same for all tokens that were made for an order. */
  settleTokensOf(orderId: string): void
  addTokenYs(operationId: string, ys: readonly string[]): void
  saveKey(key: StoredKey): void
  saveClaim(claim: Claim): void
  saveFate(fate: ProofFate): void
}

export interface OperationChange {
  state: Operation['state']
  owner: string
  amountSat?: bigint
  feeSat?: bigint
  inputs?: Proof[]
  result?: OperationResult
  updatedAt: number
}

/** The journal, the coins and the keys of one profile. Reading needs no transaction. */
export interface WalletStore extends WalletReader {
  transaction: RunTransaction
  /** The same store inside a transaction. */
  within(tx: Transaction): WalletWriter
}

/** Which process this is, and whether another one still runs. */
export interface Owners {
  current(): string
  isAlive(owner: string): boolean
}
