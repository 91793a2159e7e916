// What do commands need that only look at pods and enter them? The profile's database and ssh; no network, no ecash.
import type { OrderStore, SshLauncher } from '../client/ports.ts'
import type { Clock } from '../core/clock.ts'
import { openOrderStore } from '../storage/order-store.ts'
import { openProfileDatabase } from '../storage/profile-database.ts'
import { keysFolder } from '../ssh/key-files.ts'
import { sshLauncher } from '../ssh/ssh-launcher.ts'
import { torProxy } from '../ssh/tor-proxy.ts'
import { systemClock } from './system.ts'
import { profilePaths } from './wire-settings.ts'

export interface WiredPods {
  orders: OrderStore
  launcher: SshLauncher
  clock: Clock
  close(): void
}

/** Opens a profile for commands that ask nobody. */
export function wirePods(
  env: Readonly<Record<string, string | undefined>>,
  profile: string | undefined,
): WiredPods {
  const paths = profilePaths(env, profile)
  const database = openProfileDatabase(paths.data)
  return {
    orders: openOrderStore(database, systemClock),
    launcher: sshLauncher({ state: paths.state, keys: keysFolder(paths.data) }, torProxy(env)),
    clock: systemClock,
    close: () => database.close(),
  }
}
