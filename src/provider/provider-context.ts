// What do all use cases of the provider work with?
import type { Clock, Random } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { PublicKeyHex } from '../core/npub.ts'
import type { Wallet } from '../wallet/wallet.ts'
import type { Leave, UnpaidPlaces } from './capacity.ts'
import type { Compute } from './compute-port.ts'
import type { OneAtATime } from './one-at-a-time.ts'
import type { Ledger, MachineKeys } from './ports.ts'
import type { ProviderConfig } from './provider-config.ts'

export interface ProviderContext {
  readonly publicKey: PublicKeyHex
  readonly config: ProviderConfig
  readonly wallet: Wallet
  readonly compute: Compute
  readonly ledger: Ledger
  readonly keys: MachineKeys
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly unpaid: UnpaidPlaces
  /** The places held by orders whose machine is not paid yet, by order key. */
  readonly places: Map<string, Leave>
  /** Operations on one lease, one after another. */
  readonly leaseTurns: OneAtATime
  /** Fires when the daemon stops: leave things as they are on disk. */
  readonly signal: AbortSignal
  /** A reply was written. */
  wakeOutbox(): void
  /** What can be bought may have changed. */
  offerChanged(): void
}
