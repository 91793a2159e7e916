// A wallet with a home of its own, on a clock and a mint that the test controls.
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { connectMint } from '../../../src/cashu/connect-mint.ts'
import { ecashSource } from '../../../src/cashu/ecash-source.ts'
import { seedOfWords } from '../../../src/cashu/seed-of-words.ts'
import type { Clock } from '../../../src/core/clock.ts'
import type { MintUrl } from '../../../src/core/mint-url.ts'
import { parseMintUrl } from '../../../src/core/mint-url.ts'
import type { Database } from '../../../src/storage/database.ts'
import { currentOwner, isOwnerAlive } from '../../../src/storage/process-owner.ts'
import { openProfileDatabase } from '../../../src/storage/profile-database.ts'
import { walletStore } from '../../../src/storage/wallet-store.ts'
import { createWallet } from '../../../src/wallet/create-wallet.ts'
import type { MintConnection } from '../../../src/wallet/mint-port.ts'
import type { OperationResult, Effects } from '../../../src/wallet/transaction.ts'
import type { Outcome } from '../../../src/wallet/operation-options.ts'
import type { Wallet } from '../../../src/wallet/wallet.ts'
import { temporaryFolder } from '../peers/temporary-folder.ts'

/** As long as the program waits for a mint; what never answers is ended by `holdTimeOuts`. */
export const REQUEST_TIMEOUT_MS = 15_000

export interface TestWallet {
  home: string
  wallet: Wallet
  database: Database
  close(): Promise<void>
}

export interface TestWalletOptions {
  home?: string
  effects?: Effects
  clock?: Clock
  requestTimeoutMs?: number
  trusted?: readonly string[]
  /** Changes what the wallet hears of a mint. */
  overhear?: (mint: MintConnection) => MintConnection
}

const systemClock: Clock = { now: () => Date.now() }

/** Opens a wallet in a fresh (or given) home. */
export function openTestWallet(options: TestWalletOptions = {}): TestWallet {
  const home = options.home ?? temporaryFolder('wallet')
  const database = openProfileDatabase(home)
  const clock = options.clock ?? systemClock
  const requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS
  const { overhear = (mint) => mint } = options
  const wallet = createWallet({
    store: walletStore(database),
    connectMint: (mint) => overhear(connectMint(mint, { clock, timeoutMs: requestTimeoutMs })),
    ecash: ecashSource(),
    seedOfWords,
    owners: { current: currentOwner, isAlive: isOwnerAlive },
    clock,
    random: { bytes: (count) => randomBytes(count) },
    effects: options.effects ?? {},
    requestTimeoutMs,
  })
  for (const url of options.trusted ?? []) wallet.trustMint(parseMintUrl(url))
  return {
    home,
    wallet,
    database,
    close: async () => {
      await wallet.close()
      database.close()
      if (options.home === undefined) rmSync(home, { recursive: true, force: true })
    },
  }
}

/** Funds a wallet by an invoice that the mint pays at once. */
export async function fund(wallet: Wallet, mint: MintUrl, amountSat: bigint): Promise<OperationResult> {
  const quote = await wallet.requestInvoice(mint, amountSat)
  return done(await wallet.awaitFunding(quote.operationId, { signal: AbortSignal.timeout(20_000) }))
}

/** The result of an outcome that must have ended well. */
export function done(outcome: Outcome): Extract<OperationResult, { status: 'done' }> {
  if (outcome.status === 'done') return outcome
  throw new Error(`not done: ${JSON.stringify(outcome)}`)
}

/** The token of an operation that made one. */
export function tokenOf(outcome: Outcome): string {
  const { token } = done(outcome)
  if (token === undefined) throw new Error('no token')
  return token
}

/** What a wallet has at one mint: spendable, reserved. */
export function held(wallet: Wallet, mint: MintUrl): { available: bigint; reserved: bigint } {
  const balance = wallet.balances().find((one) => one.mint === mint)
  return { available: balance?.availableSat ?? 0n, reserved: balance?.reservedSat ?? 0n }
}
