// What is a consumer's command plugged into? One profile's wallet, orders, relays, keys and ssh.
import { clientEffects } from '../client/order-effects.ts'
import type { Client, SshLauncher } from '../client/ports.ts'
import { type OrdersRecovery, recoverOrders } from '../client/recover-orders.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { Ask, Progress } from '../core/progress.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import { giftWrapMessenger } from '../nostr/messenger.ts'
import { offerSource } from '../nostr/offer-source.ts'
import { openRelayHub } from '../nostr/relay-hub.ts'
import { openedWraps } from '../storage/opened-wraps.ts'
import { openOrderStore } from '../storage/order-store.ts'
import type { Paths } from '../storage/paths.ts'
import type { Database } from '../storage/database.ts'
import { MONEY_BACK } from '../storage/file-error.ts'
import { openProfileDatabase, profileFile } from '../storage/profile-database.ts'
import { lastSetAside, setAsideIfDamaged } from '../storage/set-aside.ts'
import { keyFiles, keysFolder } from '../ssh/key-files.ts'
import { sshProbe } from '../ssh/ssh-probe.ts'
import { sshLauncher } from '../ssh/ssh-launcher.ts'
import { torProxy } from '../ssh/tor-proxy.ts'
import { closeAll } from './close-all.ts'
import { systemClock, systemRandom } from './system.ts'
import { lostIdentity, wireIdentity } from './wire-identity.ts'
import { chosenRelays } from './wire-relays.ts'
import { profilePaths } from './wire-settings.ts'
import { wireWallet } from './wire-wallet.ts'

export interface ClientSettings {
  env: Readonly<Record<string, string | undefined>>
  profile: string | undefined
  /** Empty: the public ones. */
  relays: readonly RelayUrl[]
  /** The mint that was named: whoever puts money there trusts it by that. */
  mint: MintUrl | undefined
  timeoutMs: number
  /** How long a mint is waited for before any money moves; undefined: as long as for everything else. */
  mintQuestionMs?: number | undefined
  progress: Progress
  ask: Ask
  signal: AbortSignal
}

export interface WiredClient extends Client {
  settings: ClientSettings
  paths: Paths
  launcher: SshLauncher
  /** What opening this profile has recovered already. */
  recovered: OrdersRecovery
  close(): Promise<void>
}

const RELAY_DEADLINE_MS = 5_000

/** Opens a profile: its wallet is recovered quickly, and what that ended is told in a line each. */
export async function wireClient(settings: ClientSettings): Promise<WiredClient> {
  const { env, profile, progress, ask } = settings
  const paths = profilePaths(env, profile)
  const identity = await wireIdentity(env, profile)
  const { signer } = identity
  const database = opened(paths.data)
  const orders = openOrderStore(database, systemClock)
  const wallet = wireWallet(database, clientEffects(orders), { questionMs: settings.mintQuestionMs })
  const relays = chosenRelays(settings.relays)
  const hub = openRelayHub({ signer, clock: systemClock, random: systemRandom })
  const wraps = openedWraps(database, systemClock)
  const client = {
    settings,
    paths,
    wallet,
    orders,
    offers: offerSource({ hub, relays, clock: systemClock, relayDeadlineMs: RELAY_DEADLINE_MS }),
    messenger: giftWrapMessenger({
      hub,
      signer,
      relays,
      clock: systemClock,
      random: systemRandom,
      opened: wraps,
    }),
    ssh: sshProbe,
    keys: keyFiles(keysFolder(paths.data), systemRandom),
    launcher: sshLauncher({ state: paths.state, keys: keysFolder(paths.data) }, torProxy(env)),
    clock: systemClock,
    random: systemRandom,
    progress,
    ask,
    close: async () =>
      closeAll([() => hub.close(), () => wallet.close()], [() => wraps.save(), () => database.close()]),
  }
  try {
    const warnings = [identity.warning, lostIdentity(identity, orders), lostWallet(wallet, database.path)]
    for (const text of warnings) if (text !== undefined) progress.note(text)
    return { ...client, recovered: await recoverQuickly(client) }
  } catch (error) {
    await client.close()
    throw setAsideIfDamaged(error, database.path, systemClock)
  }
}

/** Where the wallet is that this empty one took the place of: the command that moved it aside may have been a script's. */
function lostWallet(wallet: Client['wallet'], path: string): string | undefined {
  const aside = wallet.history(1).length > 0 ? undefined : lastSetAside(path)
  if (aside === undefined) return undefined
  return `this wallet is a new one; the one before it is damaged and kept as ${aside}; ${MONEY_BACK}`
}

function opened(folder: string): Database {
  try {
    return openProfileDatabase(folder)
  } catch (error) {
    throw setAsideIfDamaged(error, profileFile(folder), systemClock)
  }
}

/** What a crash left open and can be ended at once; a line each for what came further. */
async function recoverQuickly(client: Client & { settings: ClientSettings }): Promise<OrdersRecovery> {
  const { signal } = client.settings
  const recovery = await recoverOrders(client, { mode: 'quick', signal })
  for (const { state, text } of recovery.recovered) {
    // A pod whose time is over was not lost: nothing is recovered there.
    client.progress.note(state === 'expired' ? text : `recovered: ${text}`)
  }
  for (const text of recovery.unseenTokens) client.progress.note(`recovered: ${text}`)
  return recovery
}
