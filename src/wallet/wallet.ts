// What can a wallet do? The one interface that the use cases of both sides see.
import type { OrderId } from '../core/ids.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { PublicKeyHex } from '../core/npub.ts'
import type { InspectedToken, TokenState } from './inspected-token.ts'
import type { FundQuote, MintBalance, MintFacts, SpendPlan } from './mint-facts.ts'
import type { HistoryEntry, LockTerms, OperationOptions, Outcome } from './operation-options.ts'
import type { RecoverOptions, RecoveryReport, RestoreOptions, RestoreReport } from './recovery-report.ts'
import type { OperationResult, RunTransaction, Transaction } from './transaction.ts'

/** A key of this wallet's own, derived from its words by a counter. */
export interface OwnKey {
  index: number
  /** 33-byte hex. */
  pubkey: string
}

/**
 * Ecash for both sides: every movement is a row of one journal, written before the mint is asked and ended in one transaction
 * with its effect. Methods that return a value without a promise read only the journal. Errors: `insufficient_funds`,
 * `mint_not_trusted`, `mint_unreachable` (nothing was submitted), `mint_misbehaved`, `lock_not_supported`, `invalid_token`, `keyset_unknown`.
 */
export interface Wallet {
  readonly transaction: RunTransaction

  // ---- mints
  balances(): MintBalance[]
  trustMint(mint: MintUrl): void
  distrustMint(mint: MintUrl): void
  isTrusted(mint: MintUrl): boolean
  /** Asks the mint what it can (cached); `mint_unreachable` where it does not answer. */
  mintFacts(mint: MintUrl): Promise<MintFacts>
  /** The mint's own time in Unix seconds (Date header); locks are measured by it. */
  mintTime(mint: MintUrl): Promise<number>
  /** The same by the mint's last answer; by this machine's clock where there was none. Asks nobody. */
  knownMintTime(mint: MintUrl): number
  history(limit: number): HistoryEntry[]

  // ---- keys
  /** Says which wallet this is, for ever, and nothing else: 32 hex characters. */
  id(): string
  /** The 12 words that everything comes from, made on first use. Whoever has them has the money. */
  words(): string
  /** True where the wallet has words: it was used before. */
  hasWords(): boolean
  /** Takes these words as this wallet's own. Throws `usage` where they are none, `failed` where it has others: nothing is replaced. */
  adoptWords(words: string): void
  /** The key others lock payments to; stays the same until rotated, retired ones are kept. */
  paymentKey(): OwnKey
  /** A fresh refund key (never handed out before); part of the caller's transaction where one is given. */
  newRefundKey(tx?: Transaction): OwnKey
  /** Does the arithmetic of the next refund key: called before a transaction that takes one, it keeps other processes from waiting. */
  prepareRefundKey(): void
  /** BIP-340 signature (hex) over 32 bytes by refund key `index`. */
  signWithRefundKey(index: number, message: Uint8Array): string
  /** True where `signature` is a BIP-340 signature by the x-coordinate of `pubkey`. */
  verifySignature(pubkey: string, message: Uint8Array, signature: string): boolean

  // ---- money in
  /** Asks for a Lightning invoice (NUT-04/23); the quote is journalled before it is returned. */
  requestInvoice(mint: MintUrl, amountSat: bigint): Promise<FundQuote>
  /** Waits until the invoice is paid (NUT-17 web socket, else polling) and mints; may be repeated after any crash. */
  awaitFunding(operationId: string, options: { signal: AbortSignal; onPaid?: () => void }): Promise<Outcome>
  /**
   * Swaps a token into this wallet. Plain, or locked without or after a locktime to one of this wallet's keys (payment or refund).
   * The mint must be trusted unless `anyMint` is set (a refund from a mint this wallet has paid with). With `partly` what is left is taken
   * where somebody has spent some of its proofs.
   */
  receive(
    token: string,
    options: OperationOptions & { anyMint?: boolean; partly?: boolean },
  ): Promise<Outcome>

  // ---- money out
  /** For a locked payment, or a plain token: that one may have more coins, so it is never dearer. */
  planSpend(mint: MintUrl, netSat: bigint, how?: { locked: boolean }): Promise<SpendPlan>
  /** Makes a plain token whose receiver nets `netSat`. */
  send(mint: MintUrl, netSat: bigint, options: OperationOptions): Promise<Outcome>
  /**
   * Makes a token locked by `terms` whose receiver nets `netSat` (buyer's payment), or a little more: it has at most 8 coins, so that
   * a request stays small, and is rounded up for that by less than one part in 128. The token is in the result and stays in the journal.
   */
  lock(mint: MintUrl, netSat: bigint, terms: LockTerms, options: OperationOptions): Promise<Outcome>
  /** The receiver has kept its word: what this order paid is not pending any more. */
  settlePayment(tx: Transaction, orderId: OrderId): void
  /** Spends an own locked token at once with the provider's signatures (one per proof, in the token's order). */
  respend(token: string, signatures: readonly string[], options: OperationOptions): Promise<Outcome>
  /** Spends what is unspent of an own locked token with refund key `index` after its lock has ended; `busy` (with the time) before that. */
  reclaim(token: string, refundKeyIndex: number, options: OperationOptions): Promise<Outcome>

  // ---- a provider's side
  /**
   * Decodes a token without asking a mint anything but, at most every 30 s unless `askAgain` is set, the keysets of a mint in `mints`.
   * Throws `invalid_token` (size, shape, > 64 proofs, mixed keysets, unknown unit) and `mint_not_accepted`; for what may be a token later
   * `keyset_unknown`, `mint_unreachable` or `mint_misbehaved`.
   */
  inspect(token: string, mints: readonly MintUrl[], how?: { askAgain?: boolean }): Promise<InspectedToken>
  /** NUT-07 for every proof. */
  tokenState(token: InspectedToken): Promise<TokenState>
  /**
   * True where every proof carries a valid DLEQ proof (NUT-12). Milliseconds of computing for each proof, also of a spent token: ask only
   * where the answer decides something, and after `tokenState`.
   */
  hasValidDleq(token: InspectedToken): Promise<boolean>
  /** True where `claim` would bind the proofs now; asks nobody. */
  isFree(token: InspectedToken, holder: { sender: PublicKeyHex; orderId: string }): boolean
  /**
   * The rule per proof: binds every Y to (sender, order) until `until` (Unix seconds by the mint's clock; undefined: for ever). False, and
   * nothing bound, where another (sender, order) holds one of them or one was released.
   */
  claim(
    tx: Transaction,
    token: InspectedToken,
    holder: { sender: PublicKeyHex; orderId: string; until: number | undefined },
  ): boolean
  /**
   * Swaps a payment into this wallet: the money is ours when it is done. Refused with status `failed`/`late` where `captureBefore` (Unix
   * seconds by the mint's clock) has passed. While unknown, recovery replays only before it, and only asks afterwards.
   */
  capture(
    token: InspectedToken,
    options: OperationOptions & { captureBefore: number; lockEndsAt: number | undefined },
  ): Promise<Outcome>
  /**
   * Signs every proof of a token locked to us over to its sender and stores the signatures; from then on the proofs are dead here.
   * Throws `failed` where a capture of one of them was submitted.
   */
  release(token: InspectedToken, options: OperationOptions): OperationResult
  /** A payment request (NUT-18, `creqA…`) for a payment that nets `netSat`, for wallets that are not ours. */
  paymentRequest(mint: MintUrl, netSat: bigint, about: { id: string; description: string }): Promise<string>
  /** Makes a refund token of what `grossSat` yields after the mint's fees, locked to `lockTo` (33-byte hex, no locktime) where given. */
  refund(
    mint: MintUrl,
    grossSat: bigint,
    options: OperationOptions & { lockTo: string | undefined },
  ): Promise<Outcome>
  /** What a refund of `grossSat` would net its receiver after their claim fee; below 1 it is dust. */
  planRefund(mint: MintUrl, grossSat: bigint): Promise<{ tokenSat: bigint; receiverNetSat: bigint }>

  // ---- recovery
  /** Ends what can be ended of this wallet's open operations whose owner is dead (or which this process left unknown). */
  recover(options: RecoverOptions): Promise<RecoveryReport>
  /** The mints that `recover` has operations to end at. */
  mintsToRecover(): MintUrl[]
  /** Brings back from the words alone what is unspent at a mint; may be cut off and run again. Throws `mint_unreachable`. */
  restore(mint: MintUrl, options: RestoreOptions): Promise<RestoreReport>
  /** Asks once more for one operation. */
  settle(operationId: string, signal: AbortSignal): Promise<Outcome>
  /** How a stored operation stands, with its result where it ended. */
  operation(operationId: string): Outcome | undefined

  /** Lets go of sockets and timers. */
  close(): Promise<void>
}
