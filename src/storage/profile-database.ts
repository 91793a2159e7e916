// Which file holds everything of one profile: wallet, orders, and a provider's ledger?
import { join } from 'node:path'
import { openDatabase } from './database.ts'
import type { Database, Migration } from './database.ts'
import { ledgerSchema } from './ledger-schema.ts'
import { openedWrapsSchema } from './opened-wraps.ts'
import { orderSchema } from './order-schema.ts'
import { restoreSchema, walletSchema } from './wallet-schema.ts'

/** "payg" in ASCII: what tells our file from any other SQLite file. */
const APPLICATION_ID = 0x70617967
const FILE_NAME = 'paygress.db'

const migrations: readonly Migration[] = [
  { version: 1, up: walletSchema },
  { version: 2, up: orderSchema },
  { version: 3, up: ledgerSchema },
  { version: 4, up: restoreSchema },
  { version: 5, up: openedWrapsSchema },
]

/**
 * Opens (and creates) `paygress.db` in a profile's data folder; many processes may do so at once. Throws `storage_newer`,
 * `storage_failed`, `home_not_writable` or `busy`.
 */
export function openProfileDatabase(folder: string): Database {
  return openProfileFile(profileFile(folder))
}

/** Path of that file. */
export function profileFile(folder: string): string {
  return join(folder, FILE_NAME)
}

/** The same for a file that was named; throws as `openProfileDatabase` does. */
export function openProfileFile(path: string): Database {
  return openDatabase(path, { applicationId: APPLICATION_ID, migrations })
}
