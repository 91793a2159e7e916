// What do commands need that read a provider's books? Its database beside the daemon that works on it.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { PaygressError } from '../core/errors.ts'
import type { Ledger } from '../provider/ports.ts'
import type { ProviderConfig } from '../provider/provider-config.ts'
import { createLedger } from '../storage/ledger-store.ts'
import { openProfileFile } from '../storage/profile-database.ts'
import type { MintBalance } from '../wallet/mint-facts.ts'
import { closeAll } from './close-all.ts'
import { inFolder, PROVIDER_FOLDER } from './data-folder.ts'
import { systemClock } from './system.ts'
import { wireWallet } from './wire-wallet.ts'

export interface Books {
  ledger: Ledger
  clock: Clock
  balances(): MintBalance[]
  close(): Promise<void>
}

/** Opens the books of a configured provider. Throws `config_invalid` where it never ran. */
export async function wireBooks(config: Pick<ProviderConfig, 'databasePath'>): Promise<Books> {
  const path = resolve(config.databasePath)
  if (!existsSync(path)) {
    throw new PaygressError('config_invalid', `there are no books at ${path}: the provider never ran there`, {
      hint: 'set CASHU_DB_PATH to its database, or start it: paygress serve',
    })
  }
  const database = await inFolder(PROVIDER_FOLDER, () => openProfileFile(path))
  const wallet = wireWallet(database, {}, { mayWrite: () => false })
  return {
    ledger: createLedger(database),
    clock: systemClock,
    balances: () => wallet.balances(),
    close: async () => closeAll([() => wallet.close()], [() => database.close()]),
  }
}
