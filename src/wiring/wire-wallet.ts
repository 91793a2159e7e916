// What is a wallet plugged into? The profile's database, the mints over HTTP, and the effects of its side.
import { connectMint } from '../cashu/connect-mint.ts'
import { ecashSource } from '../cashu/ecash-source.ts'
import type { Database } from '../storage/database.ts'
import { currentOwner, isOwnerAlive } from '../storage/process-owner.ts'
import { walletStore } from '../storage/wallet-store.ts'
import { createWallet } from '../wallet/create-wallet.ts'
import type { Effects } from '../wallet/transaction.ts'
import type { MintConnection } from '../wallet/mint-port.ts'
import type { Wallet } from '../wallet/wallet.ts'
import { systemClock, systemRandom } from './system.ts'

/** The wallet in a profile's database. Reads and asks nothing before its first call; no mint is written to while `mayWrite` says no. */
export function wireWallet(
  database: Database,
  effects: Effects,
  mayWrite: () => boolean = () => true,
): Wallet {
  return createWallet({
    store: walletStore(database),
    connectMint: (mint) => onlyWhile(mayWrite, connectMint(mint, { clock: systemClock })),
    ecash: ecashSource(),
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
