// What is a provider daemon plugged into? Wallet, ledger, relays, machines and keys of one data folder.
import { dirname, resolve } from 'node:path'
import type { Log } from '../core/log.ts'
import { encodeNpub } from '../core/npub.ts'
import { relayOfferBoard } from '../doors/gift-wrap-board.ts'
import { visitRule } from '../doors/visit-rule.ts'
import { giftWrapDoor } from '../doors/gift-wrap.ts'
import { type HealthListener, openHealth } from '../doors/health.ts'
import { openRelayHub } from '../nostr/relay-hub.ts'
import { localSigner, publicKeyOf } from '../nostr/signer.ts'
import { createProvider } from '../provider/create-provider.ts'
import { providerEffects } from '../provider/effects.ts'
import type { ProviderConfig } from '../provider/provider-config.ts'
import { machineKeys } from '../ssh/machine-keys.ts'
import { fenceDatabase } from '../storage/fenced-database.ts'
import type { Remedies } from '../storage/file-error.ts'
import { createLedger } from '../storage/ledger-store.ts'
import { handledWraps } from '../storage/ledger-wraps.ts'
import { openProfileFile } from '../storage/profile-database.ts'
import type { Wallet } from '../wallet/wallet.ts'
import { closeAll } from './close-all.ts'
import { inFolder, PROVIDER_FOLDER } from './data-folder.ts'
import { daemonTurn } from './daemon-turn.ts'
import { providerKey } from './provider-settings.ts'
import { systemClock, systemRandom } from './system.ts'
import { wireCompute } from './wire-compute.ts'
import { wireWallet } from './wire-wallet.ts'

export interface WiredProvider {
  npub: string
  wallet: Wallet
  /** Resolves when requests are served: at once, or after another daemon's end. */
  start(): Promise<void>
  /** Resolves when another daemon may have taken over. */
  readonly lost: Promise<void>
  /** Takes nothing new, finishes or parks what is open, withdraws the offer and lets go of everything. */
  stop(): Promise<void>
}

/** Nobody comes back to a stranger's relay for long. */
const VISIT_IDLE_MS = 5_000

export interface ProviderOptions {
  config: ProviderConfig
  log: Log
  /** The place in which machines ran before is gone for good. */
  acceptNewCluster?: boolean
  /** How the data folder was chosen. */
  chosenBy?: Remedies
}

/** A daemon that does nothing before `start`. Throws `busy` where another one works on the folder, and what the database throws. */
export async function wireProvider(options: ProviderOptions): Promise<WiredProvider> {
  const folder = options.chosenBy ?? PROVIDER_FOLDER
  const provider = await inFolder(folder, () => plugTogether(options))
  return { ...provider, start: () => inFolder(folder, () => provider.start()) }
}

async function plugTogether({
  config,
  log,
  acceptNewCluster = false,
}: ProviderOptions): Promise<WiredProvider> {
  const folder = dirname(resolve(config.databasePath))
  // First of all: where another program's file stands, nothing must be put beside it.
  const database = fenceDatabase(openProfileFile(resolve(config.databasePath)))
  const { secretKey, madeAt } = providerKey(config)
  if (madeAt !== undefined) log.info({ path: madeAt }, 'a new Nostr key was made and is kept here')
  const signer = localSigner(secretKey, systemRandom)
  const ledger = createLedger(database)
  const turn = daemonTurn({
    config,
    database,
    folder,
    npub: encodeNpub(signer.publicKey),
    walletId: () => wallet.id(),
    log,
  })
  const wallet: Wallet = wireWallet(database, providerEffects(ledger), { mayWrite: turn.isMine })
  const { relays } = config
  const loopbackOnly = config.backend === 'process'
  const hubOptions = {
    signer,
    clock: systemClock,
    random: systemRandom,
    eventsPerMinute: config.ratePerRelayPerMin,
    onError: (error: unknown) =>
      log.error({ error: error instanceof Error ? error.message : String(error) }, 'relay handler'),
  }
  const hub = openRelayHub(hubOptions)
  const visitors = openRelayHub({
    ...hubOptions,
    mayLeadTo: visitRule(relays, { loopbackOnly }).mayLeadTo,
    timing: { idleMs: VISIT_IDLE_MS },
  })
  const compute = await wireCompute(config, folder, log, turn.isMine)
  const shared = { hub, signer, relays, clock: systemClock, log }
  const provider = createProvider({
    publicKey: signer.publicKey,
    config,
    wallet,
    ledger,
    compute,
    doors: [
      giftWrapDoor({
        ...shared,
        visitors,
        handled: handledWraps(database, systemClock),
        random: systemRandom,
        minPow: config.minPow,
        loopbackOnly,
      }),
    ],
    board: relayOfferBoard(shared),
    keys: machineKeys(systemRandom, publicKeyOf),
    clock: systemClock,
    random: systemRandom,
    log,
    takeLock: (signal) => turn.take(signal),
    acceptNewCluster,
  })
  let health: HealthListener | undefined
  return {
    npub: provider.npub,
    wallet,
    lost: provider.lost,
    async start() {
      const address = config.bindAddress ?? addressInCluster()
      const readiness = () => ({
        serving: provider.isServing(),
        relay: hub.status().some(({ state }) => state === 'open'),
      })
      health = address === undefined ? undefined : await openHealth({ ...address, readiness })
      await provider.start()
    },
    async stop() {
      await provider.stop()
      const slow = [hub, visitors, compute, wallet, ...(health === undefined ? [] : [health])]
      await closeAll(
        slow.map((one) => () => one.close()),
        [() => database.close()],
      )
    },
  }
}

/** In a cluster the probes look here. */
function addressInCluster(): ProviderConfig['bindAddress'] {
  return process.env.KUBERNETES_SERVICE_HOST === undefined ? undefined : { host: '0.0.0.0', port: 8080 }
}
