// What is a wallet plugged into? The profile's database, the mints over HTTP, and the effects of its side.
import { connectMint } from '../cashu/connect-mint.ts'
import { ecashSource } from '../cashu/ecash-source.ts'
import { seedOfWords } from '../cashu/seed-of-words.ts'
import type { Database } from '../storage/database.ts'
import { currentOwner, isOwnerAlive } from '../storage/process-owner.ts'
import { walletStore } from '../storage/wallet-store.ts'
import { createWallet } from '../wallet/create-wallet.ts'
import type { Effects } from '../wallet/transaction.ts'
import type { MintConnection } from '../wallet/mint-port.ts'
import type { Wallet } from '../wallet/wallet.ts'
import { systemClock, systemRandom } from './system.ts'

export interface WalletSettings {
  /** No mint is written to while it says no. */
  mayWrite?: () => boolean
  /** How long a mint may take to answer what is asked before any money moves. */
  questionMs?: number | undefined
}

/** The wallet in a profile's database. Reads and asks nothing before its first call. */
export function wireWallet(
  database: Database,
  effects: Effects,
  { mayWrite = () => true, questionMs }: WalletSettings = {},
): Wallet {
  return createWallet({
    store: walletStore(database),
    connectMint: (mint) => onlyWhile(mayWrite, connectMint(mint, { clock: systemClock, questionMs })),
    ecash: ecashSource(),
    seedOfWords,
    owners: { current: currentOwner, isAlive: isOwnerAlive },
    clock: systemClock,
    random: systemRandom,
    effects,
  })
}

function onlyWhile(mayWrite: () => boolean, mint: MintConnection): MintConnection {
  const notNow = { status: 'unanswered', reason: 'this daemon may not write any more' } as const
  return {
    ...mint,
    swap: async (...request) => (mayWrite() ? mint.swap(...request) : notNow),
    mint: async (...request) => (mayWrite() ? mint.mint(...request) : notNow),
  }
}
