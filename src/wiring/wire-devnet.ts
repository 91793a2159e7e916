// What is a devnet plugged together of? A relay, a mint and (unless left out) a provider with process pods, all on loopback.
import { randomInt } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import * as z from 'zod'
import { PaygressError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { parseJson } from '../core/parse-json.ts'
import { openMintFile } from '../devnet/mint/mint-file.ts'
import { type RunningMint, startMint } from '../devnet/mint/start-mint.ts'
import {
  RELAY_APPLICATION_ID,
  RELAY_MIGRATIONS,
  sqliteEventStore,
} from '../devnet/relay/sqlite-event-store.ts'
import { startRelay } from '../devnet/relay/start-relay.ts'
import { openDatabase } from '../storage/database.ts'
import { readPrivateFile, writePrivateFile } from '../storage/private-files.ts'
import { ensurePrivateFolder } from '../storage/private-folder.ts'
import { SPEC_EXAMPLES } from '../provider/spec-examples.ts'
import { DEVNET_FOLDER, inFolder } from './data-folder.ts'
import { providerConfigFrom } from './provider-settings.ts'
import { systemClock } from './system.ts'
import { machinesFolder } from './wire-compute.ts'
import { wireProvider, type WiredProvider } from './wire-provider.ts'

export interface DevnetOptions {
  /** Everything is kept here; undefined: in a folder that is removed at the end. */
  dir: string | undefined
  /** Port of the relay; the mint gets the next one, the machines those after it. Undefined: the ones of last time, else any. */
  port: number | undefined
  provider: boolean
  log: Log
}

export interface Devnet {
  dir: string
  /** PAYGRESS_HOME for whoever uses it. */
  home: string
  relayUrl: string
  mintUrl: string
  mint: RunningMint
  /** Undefined where it was left out. */
  provider: Pick<WiredProvider, 'npub' | 'wallet'> | undefined
  close(): Promise<void>
}

/** The mint's invoices are paid by themselves after this long, so that a person sees them. */
const SETTLE_AFTER_MS = 500
const INPUT_FEE_PPK = 100

/** So many machines have a port each. */
const MACHINES = 200
const LAST_RANGE = 65_536 - MACHINES
/** Below the ports of outgoing connections, so that a machine finds its own again after a restart. */
const MACHINE_PORTS = { first: 20_000, last: 31_999 }

const port = z.int().min(1).max(65_535)
/** Files from before devnets had ports of their own for machines do not name them. */
const portsSchema = z.object({ relay: port, mint: port, machines: port.max(LAST_RANGE).default(30_000) })
type Ports = z.infer<typeof portsSchema>

/** Boots everything; what is up when something fails is taken down again. */
export async function startDevnet(options: DevnetOptions): Promise<Devnet> {
  const dir =
    options.dir === undefined ? await mkdtemp(join(tmpdir(), 'paygress-devnet-')) : resolve(options.dir)
  const down: (() => Promise<void>)[] = options.dir === undefined ? [() => remove(dir, options.log)] : []
  const close = async () => {
    const results: PromiseSettledResult<void>[] = []
    for (const stop of down.splice(0).toReversed()) results.push(...(await Promise.allSettled([stop()])))
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }
  try {
    return { ...(await inFolder(DEVNET_FOLDER, () => boot(dir, options, down))), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Removes a devnet that nobody comes back to, with what still runs in its machines. */
async function remove(dir: string, log: Log): Promise<void> {
  const machines = machinesFolder(join(dir, 'provider'))
  if (existsSync(machines)) {
    const { endAllMachines } = await import('../compute/process/end-all-machines.ts')
    await endAllMachines({ dir: machines, clock: systemClock, log })
  }
  await rm(dir, { recursive: true, force: true })
}

async function boot(
  dir: string,
  options: DevnetOptions,
  down: (() => Promise<void>)[],
): Promise<Omit<Devnet, 'close'>> {
  ensurePrivateFolder(dir)
  const wanted = wantedPorts(dir, options.port)
  const events = openDatabase(join(dir, 'relay.db'), {
    applicationId: RELAY_APPLICATION_ID,
    migrations: RELAY_MIGRATIONS,
  })
  down.push(async () => events.close())
  const relay = await startRelay({
    auth: true,
    store: sqliteEventStore(events),
    port: wanted.relay,
    name: 'paygress devnet',
  })
  down.push(() => relay.close())
  const mint = await startMint({
    store: openMintFile(join(dir, 'mint.db')),
    port: wanted.mint,
    units: [{ unit: 'sat', inputFeePpk: INPUT_FEE_PPK }],
    settleAfterMs: SETTLE_AFTER_MS,
    name: 'paygress devnet',
  })
  down.push(() => mint.close())
  const ports = { ...wanted, relay: relay.port, mint: Number(new URL(mint.url).port) }
  keepPorts(dir, ports)
  const provider = options.provider
    ? await bootProvider(
        dir,
        { relay: relay.url, mint: mint.url, machines: ports.machines },
        options.log,
        down,
      )
    : undefined
  return { dir, home: join(dir, 'home'), relayUrl: relay.url, mintUrl: mint.url, mint, provider }
}

async function bootProvider(
  dir: string,
  at: { relay: string; mint: string; machines: number },
  log: Log,
  down: (() => Promise<void>)[],
): Promise<WiredProvider> {
  const config = providerConfigFrom({
    NOSTR_RELAYS: at.relay,
    WHITELISTED_MINTS: at.mint,
    POD_SPECS: JSON.stringify(SPEC_EXAMPLES),
    PROVIDER_NAME: 'devnet',
    CASHU_DB_PATH: join(dir, 'provider', 'paygress.db'),
    BACKEND: 'process',
    SSH_PORT_RANGE_START: String(at.machines),
    SSH_PORT_RANGE_END: String(at.machines + MACHINES - 1),
  })
  const provider = await wireProvider({ config, log, chosenBy: DEVNET_FOLDER })
  down.push(() => provider.stop())
  await provider.start()
  return provider
}

function wantedPorts(dir: string, first: number | undefined): Ports {
  // The highest ports leave no room behind them; a port that is taken is passed over.
  if (first !== undefined) return { relay: first, mint: first + 1, machines: Math.min(first + 2, LAST_RANGE) }
  const path = join(dir, 'ports.json')
  if (!existsSync(path)) return { relay: 0, mint: 0, machines: anyRange() }
  const kept = portsSchema.safeParse(parseJson(readPrivateFile(path)?.content ?? ''))
  if (kept.success) return kept.data
  throw new PaygressError('config_invalid', `${path} does not hold the ports of a devnet`, {
    hint: 'give --port, or another --dir',
  })
}

/** Devnets side by side have machines at ports of their own. */
function anyRange(): number {
  const ranges = Math.floor((MACHINE_PORTS.last + 1 - MACHINE_PORTS.first) / MACHINES)
  return MACHINE_PORTS.first + MACHINES * randomInt(ranges)
}

function keepPorts(dir: string, ports: Ports): void {
  writePrivateFile(join(dir, 'ports.json'), `${JSON.stringify(ports)}\n`)
}
