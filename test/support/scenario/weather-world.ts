// Which world can be made stormy? A mint, a relay and a provider inside the test, each with its faults, and the built program as the buyer.
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { afterEach } from 'vitest'
import { parseMintUrl } from '../../../src/core/mint-url.ts'
import { encodeProviderNpub } from '../../../src/core/npub.ts'
import type { StartMintOptions } from '../../../src/devnet/mint/start-mint.ts'
import { localSigner } from '../../../src/nostr/signer.ts'
import { openRelayProvider, type RelayProvider } from '../client/relay-provider.ts'
import { ScriptedProvider } from '../client/scripted-provider.ts'
import { offerContent, TestClock } from '../client/test-buyer.ts'
import { type FaultyMint, startFaultyMint } from '../faulty-mint.ts'
import { type FaultyRelay, startFaultyRelay } from '../faulty-relay.ts'
import { temporaryFolder } from '../peers/temporary-folder.ts'
import { type CliOptions, type CliResult, runCli, type RunningCli, startCli } from '../run-cli.ts'
import { done, openTestWallet } from '../wallet/test-wallet.ts'

const SHIFTED_CLOCK = fileURLToPath(new URL('../shifted-clock.ts', import.meta.url))

export interface WeatherWorld {
  mint: FaultyMint
  relay: FaultyRelay
  provider: ScriptedProvider
  online: RelayProvider
  providerNpub: string
  home: string
  /** Moves the clock of mint and relay, and of every program that is started from now on. */
  passSeconds(seconds: number): void
  run(args: readonly string[], options?: Partial<CliOptions>): Promise<CliResult>
  start(args: readonly string[], options?: Partial<CliOptions>): RunningCli
  /** The spendable sats of the home. */
  available(): Promise<number>
  /** State of every order, the oldest first. */
  states(): Promise<string[]>
  close(): Promise<void>
}

export interface WeatherOptions {
  mint?: StartMintOptions
  /** Sats in the wallet at the beginning. */
  funds?: number
}

/** A world in fair weather. */
async function startWeatherWorld(options: WeatherOptions = {}): Promise<WeatherWorld> {
  const clock = new MovingClock()
  const mint = await startFaultyMint({ clock, ...options.mint })
  const relay = await startFaultyRelay({}, { auth: true, clock })
  const mintUrl = parseMintUrl(mint.url)
  const treasury = openTestWallet({ clock, trusted: [mint.url] })
  const quote = await treasury.wallet.requestInvoice(mintUrl, 500n)
  if (options.mint?.settleAfterMs === 'manual') await mint.settle(quote.invoice)
  done(await treasury.wallet.awaitFunding(quote.operationId, { signal: AbortSignal.timeout(20_000) }))
  const random = { bytes: (count: number) => randomBytes(count) }
  const signer = localSigner(random.bytes(32), random)
  const provider = new ScriptedProvider({
    publicKey: signer.publicKey,
    wallet: treasury.wallet,
    mint: mintUrl,
    clock,
  })
  const online = await openRelayProvider({
    provider,
    signer,
    relays: [relay.url],
    offer: { ...offerContent(mintUrl, treasury.wallet.paymentKey().pubkey), relays: [relay.url] },
    clock,
  })
  const home = temporaryFolder('weather')
  const withDefaults = (more: Partial<CliOptions> = {}): CliOptions => ({
    home,
    ...more,
    env: {
      PAYGRESS_RELAYS: relay.url,
      PAYGRESS_MINT: mint.url,
      ...(clock.aheadSec === 0 ? {} : shifted(clock.aheadSec)),
      ...more.env,
    },
  })
  const run: WeatherWorld['run'] = async (args, more) => runCli(args, withDefaults(more))
  const funds = options.funds ?? 200
  if (funds > 0) {
    const funded = await run(['wallet', 'fund', String(funds)])
    if (funded.code !== 0) throw new Error(`not funded: ${funded.stderr}`)
  }
  return {
    mint,
    relay,
    provider,
    online,
    providerNpub: encodeProviderNpub(signer.publicKey),
    home,
    passSeconds: (seconds) => {
      clock.aheadSec += seconds
    },
    run,
    start: (args, more) => startCli(args, withDefaults(more)),
    available: async () => (await run(['wallet', 'balance', '-o', 'json'])).json().total_sat,
    states: async () =>
      (await run(['orders', 'list', '-o', 'json']))
        .json()
        .orders.map(({ state }: { state: string }) => state),
    close: async () => {
      await online.close()
      await treasury.close()
      await relay.close()
      await mint.close()
    },
  }
}

/** Worlds that end with their test; what `closing` holds besides ends with it too, the latest first. */
export function useWeatherWorlds(): {
  world(options?: WeatherOptions): Promise<WeatherWorld>
  closing: (() => Promise<void>)[]
} {
  const closing: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close()
  })
  const world = async (options?: WeatherOptions): Promise<WeatherWorld> => {
    const made = await startWeatherWorld(options)
    closing.push(async () => made.close())
    return made
  }
  return { world, closing }
}

/** Real time, moved on by a test. */
class MovingClock extends TestClock {
  aheadSec = 0
  override now(): number {
    return Date.now() + this.aheadSec * 1000
  }
}

function shifted(aheadSec: number): Record<string, string> {
  return { NODE_OPTIONS: `--import=${SHIFTED_CLOCK}`, TEST_CLOCK_AHEAD_SEC: String(aheadSec) }
}
