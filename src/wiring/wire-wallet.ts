// What is a wallet plugged into? The profile's database, the mints over HTTP, and the effects of its side.
import { connectMint } from '../cashu/connect-mint.ts'
import { ecashSource } from '../cashu/ecash-source.ts'
import type { Database } from '../storage/database.ts'
import { currentOwner, isOwnerAlive } from '../storage/process-owner.ts'
import { walletStore } from '../storage/wallet-store.ts'
import { createWallet } from '../wallet/create-wallet.ts'
import type { Effects } from '../wallet/transaction.ts'
import type { Wallet } from '../wallet/wallet.ts'
import { systemClock, systemRandom } from './system.ts'

/** The wallet in a profile's database. Reads and asks nothing before its first call. */
export function wireWallet(database: Database, effects: Effects): Wallet {
  return createWallet({
    store: walletStore(database),
    connectMint: (mint) => connectMint(mint, { clock: systemClock }),
    ecash: ecashSource(),
    owners: { current: currentOwner, isAlive: isOwnerAlive },
    clock: systemClock,
    random: systemRandom,
    effects,
  })
}
