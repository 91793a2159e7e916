// How does a test have a provider that it can kill and restart by itself: `paygress serve` as a process of its own?
import { join } from 'node:path'
import { openTestWallet } from '../wallet/test-wallet.ts'
import { until } from '../peers/until.ts'
import { type RunningCli, startCli } from '../run-cli.ts'

export const BASIC_SPEC = {
  id: 'basic',
  name: 'Basic',
  description: 'Basic VPS - 1 CPU core, 1GB RAM',
  cpu_millicores: 1000,
  memory_mb: 1024,
  rate_msats_per_sec: 100,
}

// While a provider is dead anybody may take its machines' ports: no test that runs beside it, for one.
const PORTS_EACH = 200
const first = 20_000 + PORTS_EACH * (Number(process.env.VITEST_POOL_ID ?? 0) % 40)
const OWN_PORTS = {
  SSH_PORT_RANGE_START: String(first),
  SSH_PORT_RANGE_END: String(first + PORTS_EACH - 1),
}

export interface ServeOptions {
  /** Holds `paygress.db` of the provider. */
  dir: string
  relays: readonly string[]
  mints: readonly string[]
  env?: Readonly<Record<string, string>>
  /** Another build of the program; its launcher. */
  launcher?: string
  /** Options of Node itself. */
  nodeOptions?: readonly string[]
  /** How long its start may take; 120 s without it: a daemon before it may still have its turn. */
  startMs?: number
}

export interface ServeProcess {
  process: RunningCli
  npub: string
}

/** Starts `paygress serve` (with process pods, unless `env` names another BACKEND) and waits until it serves. */
export async function startServe(options: ServeOptions): Promise<ServeProcess> {
  const child = launchServe(options)
  const serves = (): boolean => {
    if (child.hasExited()) throw new Error(`the provider ended: ${child.stderr()}`)
    return child.stderr().includes('"msg":"serving"')
  }
  try {
    await until('the start of the provider', serves, options.startMs ?? 120_000)
  } catch (error) {
    if (child.hasExited()) throw error
    await child.end('SIGKILL')
    throw new Error(`the provider does not serve: ${child.stderr().slice(-4_000)}`, { cause: error })
  }
  return { process: child, npub: /Service public key: (npub1\w+)/.exec(child.stderr())?.[1] ?? '' }
}

/** Starts it and waits for nothing. */
export function launchServe({ dir, relays, mints, env, launcher, nodeOptions }: ServeOptions): RunningCli {
  return startCli(['serve'], {
    home: dir,
    ...(launcher === undefined ? {} : { launcher }),
    ...(nodeOptions === undefined ? {} : { nodeOptions }),
    env: {
      ...(env?.BACKEND === undefined ? { BACKEND: 'process', ...OWN_PORTS } : {}),
      NOSTR_RELAYS: relays.join(','),
      WHITELISTED_MINTS: mints.join(','),
      POD_SPECS: JSON.stringify([BASIC_SPEC]),
      PROVIDER_NAME: 'lone',
      CASHU_DB_PATH: join(dir, 'paygress.db'),
      LOG_LEVEL: 'debug',
      ...env,
    },
  })
}

/** What the provider's wallet in a folder holds: spendable, reserved and pending. */
export async function providerBalanceSat(folder: string): Promise<number> {
  const { wallet, close } = openTestWallet({ home: folder })
  try {
    return wallet
      .balances()
      .reduce(
        (sum, { availableSat, reservedSat, pendingSat }) =>
          sum + Number(availableSat + reservedSat + pendingSat),
        0,
      )
  } finally {
    await close()
  }
}
