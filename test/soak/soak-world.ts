// Which world is soaked? Two mints and two relays behind weather, two providers, and people with homes of their own, all of it killable.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openMintFile } from '../../src/devnet/mint/mint-file.ts'
import { startMint, type RunningMint } from '../../src/devnet/mint/start-mint.ts'
import { startFaultyRelay, type FaultyRelay } from '../support/faulty-relay.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { consumer, type Consumer } from '../support/product/consumer.ts'
import { startProvider, type ProviderDaemon } from '../support/product/provider-daemon.ts'
import { BASIC_SPEC } from '../support/scenario/serve-process.ts'
import type { Dice } from '../support/weather/dice.ts'
import { startMintWeather, type MintWeather } from '../support/weather/mint-weather.ts'
import { relayWeather, type RelayWeather } from '../support/weather/relay-weather.ts'

const SHIFTED_CLOCK = fileURLToPath(new URL('../support/shifted-clock.ts', import.meta.url))
/** One sat a second: every second that goes astray is seen. */
const RATE_MSAT = 1_000
/** In bad weather a provider asks its mints and relays again and again before it serves. */
const LONGEST_START_MS = 120_000

export interface SoakMint {
  readonly mint: RunningMint
  /** The file with everything it has signed and seen spent. */
  readonly path: string
  readonly weather: MintWeather
}

export interface SoakWorld extends AsyncDisposable {
  readonly mints: readonly SoakMint[]
  readonly relays: readonly { relay: FaultyRelay; weather: RelayWeather }[]
  readonly providers: readonly ProviderDaemon[]
  readonly people: readonly Consumer[]
  storm(chance: number): void
  /** Moves the clock of mints and relays; returns the variables that move a program's. */
  passSeconds(seconds: number): Record<string, string>
}

/** Starts everything in fair weather. */
export async function openSoakWorld(dice: Dice, population: number): Promise<SoakWorld> {
  const stack = new AsyncDisposableStack()
  let aheadSec = 0
  const clock = { now: () => Date.now() + aheadSec * 1000 }
  const mints = await Promise.all(
    [0, 100].map(async (inputFeePpk, index) => {
      const path = join(temporaryFolder('soak-mint'), 'mint.db')
      const store = openMintFile(path)
      const terms = { units: [{ unit: 'sat', inputFeePpk }], settleAfterMs: 'manual' } as const
      const mint = await startMint({ store, clock, ...terms })
      const weather = await startMintWeather(mint.url, dice.fork(`mint ${index}`))
      stack.defer(async () => mint.close())
      stack.defer(async () => weather.close())
      return { mint, path, weather }
    }),
  )
  const relays = await Promise.all(
    [0, 1].map(async (index) => {
      const weather = relayWeather(dice.fork(`relay ${index}`))
      const relay = await startFaultyRelay(weather.faults, { auth: true, clock })
      stack.defer(async () => relay.close())
      return { relay, weather }
    }),
  )
  const urls = {
    relays: relays.map(({ relay }) => relay.url),
    mints: mints.map(({ weather }) => weather.url),
  }
  const providers = await Promise.all(
    [0, 1].map(async (index) =>
      startProvider({ ...urls, startMs: LONGEST_START_MS, env: providerEnv(index) }),
    ),
  )
  for (const provider of providers) stack.defer(async () => provider.stop())
  const people = Array.from({ length: population }, () => consumer({ relays: urls.relays }))
  return {
    mints,
    relays,
    providers,
    people,
    storm: (chance) => {
      for (const { weather } of [...mints, ...relays]) weather.storm(chance)
    },
    passSeconds: (seconds) => {
      aheadSec += seconds
      return { NODE_OPTIONS: `--import=${SHIFTED_CLOCK}`, TEST_CLOCK_AHEAD_SEC: String(aheadSec) }
    },
    [Symbol.asyncDispose]: async () => stack.disposeAsync(),
  }
}

function providerEnv(index: number): Record<string, string> {
  return {
    PROVIDER_NAME: `provider ${index}`,
    POD_SPECS: JSON.stringify([{ ...BASIC_SPEC, rate_msats_per_sec: RATE_MSAT }]),
    MINIMUM_POD_DURATION_SECONDS: '5',
    STARTUP_ALLOWANCE_SECONDS: '60',
    RATE_LIMIT_PER_SENDER: '100000',
    RATE_LIMIT_PER_RELAY: '1000000',
    SSH_PORT_RANGE_START: String(36_000 + index * 1_000),
    SSH_PORT_RANGE_END: String(36_999 + index * 1_000),
    LOG_LEVEL: 'info',
  }
}
