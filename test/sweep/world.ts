// Where does a sweep take place? A mint and a relay whose clock can be moved, a provider that can die, and one home after the other for buyers.
import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import * as z from 'zod'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import { openMintFile } from '../../src/devnet/mint/mint-file.ts'
import { type RunningMint, startMint } from '../../src/devnet/mint/start-mint.ts'
import { type RunningRelay, startRelay } from '../../src/devnet/relay/start-relay.ts'
import type { Journal } from '../oracle/journal-file.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { type CliOptions, type CliResult, type RunningCli, startCli } from '../support/run-cli.ts'
import { startServe, type ServeProcess } from '../support/scenario/serve-process.ts'
import { done, openTestWallet } from '../support/wallet/test-wallet.ts'
import { DurableDisk } from './durable-disk.ts'
import { clockOf } from './test-build.ts'
import { type Death, Mortals } from './mortals.ts'
import type { Passage } from './passages.ts'
import { readMachines } from './written-machines.ts'

export interface WorldOptions {
  /** Of the test build. */
  launcher: string
  inputFeePpk: number
  /** Note which points are passed. */
  traces?: boolean
}

/** A buyer's home, used by one case. */
export interface Buyer {
  home: string
  /** The file with wallet and orders. */
  journal: string
  fundedSat: bigint
}

const arrived = z.object({ request: z.custom<IncomingMessage>() })

/** One market, as long as its cases last. */
export class World {
  readonly dir = temporaryFolder('sweep')
  readonly providerDir = join(this.dir, 'provider')
  readonly mintFile = join(this.dir, 'mint.db')
  readonly buyers: Buyer[] = []
  /** As they were last read, by path. */
  readonly journals = new Map<string, { state: string; journal: Journal }>()
  /** Requests that have come to the mint since somebody has set it to 0. */
  askedOfMint = 0
  readonly #options: WorldOptions
  readonly #clock = { aheadSec: 0, now: () => Date.now() + this.#clock.aheadSec * 1000 }
  #mint: RunningMint | undefined
  #relay: RunningRelay | undefined
  #serve: ServeProcess | undefined
  readonly #sides: Readonly<Record<'buyer' | 'provider', Mortals>>

  constructor(options: WorldOptions) {
    this.#options = options
    const traces = options.traces === true
    this.#sides = {
      buyer: new Mortals('buyer', this.dir, traces),
      provider: new Mortals('provider', this.dir, traces),
    }
  }

  /** Starts everything. */
  async open(): Promise<void> {
    mkdirSync(this.providerDir)
    new DurableDisk(this.providerDir).settle()
    this.#mint = await startMint({
      store: openMintFile(this.mintFile),
      clock: this.#clock,
      units: [{ unit: 'sat', inputFeePpk: this.#options.inputFeePpk }],
      settleAfterMs: 'manual',
    })
    const port = Number(new URL(this.#mint.url).port)
    subscribe('http.server.request.start', (message) => {
      if (arrived.parse(message).request.socket.localPort === port) this.askedOfMint += 1
    })
    this.#relay = await startRelay({ auth: true, clock: this.#clock })
    await this.startProvider()
  }

  get mint(): RunningMint {
    if (this.#mint === undefined) throw new Error('the world is not open')
    return this.#mint
  }

  get inputFeePpk(): number {
    return this.#options.inputFeePpk
  }

  /** Moves all clocks; programs see it when they are started. */
  passSeconds(seconds: number): void {
    this.#clock.aheadSec += seconds
  }

  /** A new home with so many sats; without any it is empty, as before the first command of all. */
  async newBuyer(sat: bigint): Promise<Buyer> {
    const home = join(this.dir, `buyer${this.buyers.length}`)
    const folder = join(home, 'data')
    mkdirSync(home)
    if (sat > 0n) await this.#fund(folder, sat)
    new DurableDisk(home).settle()
    const buyer = { home, journal: join(folder, 'paygress.db'), fundedSat: sat }
    this.buyers.push(buyer)
    return buyer
  }

  async #fund(folder: string, sat: bigint): Promise<void> {
    const { wallet, close } = openTestWallet({ home: folder, clock: this.#clock, trusted: [this.mint.url] })
    try {
      const quote = await wallet.requestInvoice(parseMintUrl(this.mint.url), sat)
      await this.mint.settle(quote.quoteId)
      done(await wallet.awaitFunding(quote.operationId, { signal: AbortSignal.timeout(20_000) }))
    } finally {
      await close()
    }
  }

  /** Starts one of the buyer's commands; every invoice it shows is paid. */
  start(buyer: Buyer, args: readonly string[], options: Partial<CliOptions> = {}): RunningCli {
    const running = startCli(args, {
      home: buyer.home,
      launcher: this.#options.launcher,
      ...options,
      env: {
        PAYGRESS_RELAYS: this.#relay?.url ?? '',
        PAYGRESS_MINT: this.mint.url,
        PAYGRESS_YES: 'true',
        ...this.#sides.buyer.nextEnv(buyer.home),
        ...this.#clockEnv(),
        ...options.env,
      },
    })
    void this.#payInvoicesOf(running)
    return running
  }

  async run(buyer: Buyer, args: readonly string[], options?: Partial<CliOptions>): Promise<CliResult> {
    return this.start(buyer, args, options).result
  }

  /** The next processes of this side die there, one after the other. */
  arm(side: 'buyer' | 'provider', deaths: readonly Death[]): void {
    const isServing = side === 'provider' && !this.provider.hasExited()
    this.#sides[side].arm(deaths, isServing ? 1 : 0)
  }

  /** Nobody dies any more. */
  disarm(): void {
    for (const side of Object.values(this.#sides)) side.disarm()
  }

  /** Whether every death that was armed has happened. */
  isDisarmed(side: 'buyer' | 'provider'): boolean {
    return this.#sides[side].isDisarmed()
  }

  /** Whether every witness that was armed has seen its point. */
  hasWitnessed(side: 'buyer' | 'provider'): boolean {
    return this.#sides[side].hasWitnessed()
  }

  get provider(): RunningCli {
    if (this.#serve === undefined) throw new Error('there is no provider')
    return this.#serve.process
  }

  /** Starts the daemon; where it is to die while it starts, it is started again. */
  async startProvider(env: Readonly<Record<string, string>> = {}): Promise<void> {
    for (;;) {
      try {
        this.#serve = await startServe({
          dir: this.providerDir,
          relays: [this.#relay?.url ?? ''],
          mints: [this.mint.url],
          launcher: this.#options.launcher,
          env: { ...this.#sides.provider.nextEnv(this.providerDir), ...this.#clockEnv(), ...env },
        })
        return
      } catch (error) {
        if (this.isDisarmed('provider') && !this.#mayHaveDied) throw error
        this.#mayHaveDied = !this.isDisarmed('provider')
      }
    }
  }

  // The last death of a list leaves nothing armed, and is a death all the same.
  #mayHaveDied = false

  /** Ends the daemon if it lives, and starts it with the present clock. */
  async restartProvider(env?: Readonly<Record<string, string>>): Promise<void> {
    await this.stopProvider()
    this.#mayHaveDied = !this.isDisarmed('provider')
    await this.startProvider(env)
  }

  async stopProvider(): Promise<void> {
    if (this.provider.hasExited()) return
    // It may be dying of a power cut already.
    this.provider.signal('SIGSTOP')
    if (!new DurableDisk(this.providerDir).isBeingCut()) return void (await this.provider.end('SIGKILL'))
    this.provider.signal('SIGCONT')
    await this.provider.result
  }

  /** A provider asks a mint for unknown keys twice a minute at most: the next one comes later. */
  async forgetKeys(): Promise<void> {
    await this.stopProvider()
    this.passSeconds(60)
  }

  /** Whether machines start. */
  refuseMachines(refuse: boolean): void {
    const path = join(this.providerDir, 'machines', 'refuse')
    if (refuse) writeFileSync(path, '')
    else rmSync(path, { force: true })
  }

  /** The newest machine is gone, and its place says so. */
  loseMachine(): void {
    const newest = Object.keys(readMachines(this.providerDir)).at(-1)
    appendFileSync(join(this.providerDir, 'machines', 'lost'), `${newest ?? ''}\n`)
  }

  /** The points that this side has passed since the last call, in order; processes are counted as for `arm`. */
  takeTrace(side: 'buyer' | 'provider'): Passage[] {
    return this.#sides[side].takeTrace()
  }

  async close(): Promise<void> {
    await this.stopProvider()
    await this.#relay?.close()
    await this.mint.close()
    rmSync(this.dir, { recursive: true, force: true })
  }

  #clockEnv(): Record<string, string> {
    return {
      NODE_OPTIONS: `--import=${clockOf(this.#options.launcher)}`,
      TEST_CLOCK_AHEAD_SEC: String(this.#clock.aheadSec),
    }
  }

  async #payInvoicesOf(running: RunningCli): Promise<void> {
    const invoice = /lnbc\w{50,}/
    const shown = (): string | undefined => invoice.exec(running.stderr() + running.stdout())?.[0]
    while (!running.hasExited()) {
      const text = shown()
      if (text !== undefined) return this.mint.settle(text)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
