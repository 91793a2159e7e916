// Where are the wallet's journal, coins and keys? In the profile's database.
import type { WalletStore } from '../wallet/ports.ts'
import type { Database } from './database.ts'
import { sqlOf } from './sql-transaction.ts'
import { walletReader } from './wallet-reader.ts'
import { walletWriter } from './wallet-writer.ts'

/** The wallet's store in a profile's database. */
export function walletStore(database: Database): WalletStore {
  return {
    ...walletReader(database),
    transaction: (work) => database.transaction(work),
    within: (tx) => walletWriter(sqlOf(tx)),
  }
}
