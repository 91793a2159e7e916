// A provider with real money, real machines and a real database, behind a door that the test holds open.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectMint } from '../../../src/cashu/connect-mint.ts'
import { ecashSource } from '../../../src/cashu/ecash-source.ts'
import { seedOfWords } from '../../../src/cashu/seed-of-words.ts'
import { startProcessCompute } from '../../../src/compute/process/process-compute.ts'
import type { Clock, Random } from '../../../src/core/clock.ts'
import type { OrderId } from '../../../src/core/ids.ts'
import { parseOrderId } from '../../../src/core/ids.ts'
import type { Log } from '../../../src/core/log.ts'
import { parseMintUrl, type MintUrl } from '../../../src/core/mint-url.ts'
import type { PublicKeyHex } from '../../../src/core/npub.ts'
import { parseRelayUrl } from '../../../src/core/relay-url.ts'
import { publicKeyOf } from '../../../src/nostr/signer.ts'
import { parseRequest } from '../../../src/protocol/request.ts'
import { refundEvidence } from '../../../src/protocol/request-identity.ts'
import { createProvider, type Provider } from '../../../src/provider/create-provider.ts'
import { providerEffects } from '../../../src/provider/effects.ts'
import type {
  Compute,
  Delivery,
  Door,
  Incoming,
  Ledger,
  MachineKeys,
  OfferBoard,
} from '../../../src/provider/ports.ts'
import type { ProviderConfig } from '../../../src/provider/provider-config.ts'
import { makeOnionKey } from '../../../src/ssh/onion-key.ts'
import { makeSshKeyPair } from '../../../src/ssh/key-pair.ts'
import { parsePublicKey } from '../../../src/ssh/public-key.ts'
import type { Database } from '../../../src/storage/database.ts'
import { fenceDatabase } from '../../../src/storage/fenced-database.ts'
import { createLedger } from '../../../src/storage/ledger-store.ts'
import { currentOwner, isOwnerAlive } from '../../../src/storage/process-owner.ts'
import { openProfileDatabase } from '../../../src/storage/profile-database.ts'
import { walletStore } from '../../../src/storage/wallet-store.ts'
import { createWallet } from '../../../src/wallet/create-wallet.ts'
import type { EcashSource } from '../../../src/wallet/ecash-port.ts'
import type { Wallet } from '../../../src/wallet/wallet.ts'
import { startFaultyMint, type FaultyMint } from '../faulty-mint.ts'
import { testPublicKey, testSpecId } from '../test-ids.ts'
import { fund, openTestWallet, tokenOf, type TestWallet } from '../wallet/test-wallet.ts'

const PROVIDER_KEY = testPublicKey(0xa11ce)
const BUYER_KEY = testPublicKey(0xb0b)
export const STRANGER_KEY = testPublicKey(0x57a)

const random: Random = { bytes: (count) => Uint8Array.from(randomBytes(count)) }

/** A clock that the test can move forward, or hold. */
export interface MovableClock extends Clock {
  aheadMs: number
  /** Stands still until the answer is called. */
  hold(): () => void
}

export function movableClock(): MovableClock {
  let heldAt: number | undefined
  return {
    aheadMs: 0,
    now() {
      return heldAt ?? Date.now() + this.aheadMs
    },
    hold() {
      heldAt = this.now()
      return () => {
        heldAt = undefined
      }
    },
  }
}

const machineKeys: MachineKeys = {
  newHostKey: (comment) => makeSshKeyPair(random, comment),
  newOnionKey: () => makeOnionKey(random),
  newPodKey: () => {
    const secretKey = random.bytes(32)
    return { secretKey: Buffer.from(secretKey).toString('hex'), publicKey: publicKeyOf(secretKey) }
  },
  readAuthorizedKey: (text) => parsePublicKey(text).line,
}

function testConfig(mint: MintUrl, change: Partial<ProviderConfig> = {}): ProviderConfig {
  const spec = (id: string, rateMsatPerSec: number): ProviderConfig['specs'][number] => ({
    id: testSpecId(id),
    name: id === 'basic' ? 'Basic' : 'Standard',
    description: `${id} machine`,
    cpuMillicores: 1000,
    memoryMb: 1024,
    rateMsatPerSec,
  })
  return {
    backend: 'process',
    kubernetes: undefined,
    bindAddress: undefined,
    relays: [parseRelayUrl('ws://127.0.0.1:1')],
    mints: [mint],
    specs: [spec('basic', 1000), spec('standard', 2000)],
    name: 'test',
    location: undefined,
    privateKey: undefined,
    databasePath: '/nowhere',
    minimumDurationSec: 60,
    maximumDurationSec: 86_400,
    defaultImage: 'paygress/ssh:latest',
    allowedImages: ['paygress/ssh:latest', 'linuxserver/*'],
    portRange: { start: 30_000, end: 31_000 },
    startupAllowanceSec: 60,
    maxUnpaidLeases: 10,
    capacity: new Map(),
    offerRefreshSec: 600,
    minPow: 0,
    ratePerSenderPerMin: 30,
    ratePerRelayPerMin: 600,
    logLevel: 'info',
    notices: [],
    ...change,
  }
}

/** Keeps what was delivered, by address. While it is not `up`, and at unreachable addresses, nothing arrives. */
export class TestDoor implements Door {
  readonly name = 'test'
  readonly delivered: { address: string; content: string }[] = []
  readonly unreachable = new Set<string>()
  isUp = true
  /** Replies arrive only where their requests came from. */
  answersElsewhere = false
  take: ((request: Incoming) => Promise<void>) | undefined

  async open(take: (request: Incoming) => Promise<void>): Promise<void> {
    this.take = take
  }

  async close(): Promise<void> {
    this.take = undefined
  }

  async deliver(address: string, content: string): Promise<Delivery> {
    if (!this.isUp || this.unreachable.has(address)) return 'undelivered'
    this.delivered.push({ address, content })
    return this.answersElsewhere ? 'elsewhere' : 'delivered'
  }

  to(address: string): string[] {
    return this.delivered.filter((one) => one.address === address).map((one) => one.content)
  }
}

export class TestBoard implements OfferBoard {
  readonly published: string[] = []
  readonly withdrawn: string[] = []
  inboxes = 0

  async ready(): Promise<void> {
    await Promise.resolve()
  }

  async publish(offer: { content: string }): Promise<string> {
    this.published.push(offer.content)
    return `event-${this.published.length}`
  }

  async withdraw(eventId: string): Promise<void> {
    this.withdrawn.push(eventId)
  }

  async publishInbox(): Promise<void> {
    this.inboxes += 1
  }
}

/** What a provider and its buyer stand on. */
export interface ProviderPlace {
  url: MintUrl
  buyer: TestWallet
  home: string
  clock: MovableClock
  compute: Compute
}

export interface World extends ProviderPlace {
  mint: FaultyMint
  /** Crashed providers that still hold timers. */
  zombies: Promise<void>[]
  close(): Promise<void>
}

/** A mint, a funded buyer and a place for machines; providers come and go on top of it. */
export async function startWorld(
  options: { feePpk?: number; fundSat?: bigint; capacity?: number; mintMovesToo?: boolean } = {},
): Promise<World> {
  const { feePpk = 0, fundSat = 5_000n, mintMovesToo = false } = options
  const clock = movableClock()
  const mint = await startFaultyMint({
    units: [{ unit: 'sat', inputFeePpk: feePpk }],
    ...(mintMovesToo ? { clock } : {}),
  })
  const url = parseMintUrl(mint.url)
  const buyer = openTestWallet({ trusted: [url], clock })
  await fund(buyer.wallet, url, fundSat)
  const home = mkdtempSync(join(tmpdir(), 'paygress-provider-'))
  const compute = await startProcessCompute({
    dir: join(home, 'machines'),
    clock,
    log: silentLog(),
    ...(options.capacity === undefined ? {} : { capacity: options.capacity }),
  })
  const zombies: Promise<void>[] = []
  return {
    mint,
    url,
    buyer,
    home,
    clock,
    compute,
    zombies,
    close: async () => {
      await Promise.all(zombies)
      for (const machine of await compute.list()) await compute.end(machine.leaseId)
      await compute.close()
      await buyer.close()
      await mint.close()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

export interface RunningProvider {
  provider: Provider
  wallet: Wallet
  ledger: Ledger
  database: Database
  door: TestDoor
  board: TestBoard
  log: string[]
  /** As `kill -9`: from now on it writes nothing, sends nothing and touches no machine. */
  crash(): void
  stop(): Promise<void>
}

export interface ProviderOptions {
  config?: Partial<ProviderConfig>
  /** Changes what machines do. */
  compute?: Partial<Compute>
  door?: TestDoor
  start?: boolean
  acceptNewCluster?: boolean
  random?: Random
  ecash?: EcashSource
  requestTimeoutMs?: number
}

/** Opens (again) the provider of a world. */
export async function openProvider(
  world: ProviderPlace & Pick<World, 'zombies'>,
  options: ProviderOptions = {},
): Promise<RunningProvider> {
  const { clock } = world
  const { requestTimeoutMs = 1_000 } = options
  const database = fenceDatabase(openProfileDatabase(join(world.home, 'provider')))
  // A killed process can write nothing more: from then on every transaction fails.
  let isDead = false
  const guarded: Database = {
    ...database,
    transaction: (work) => {
      if (isDead) throw new Error('this process is dead')
      return database.transaction(work)
    },
  }
  const ledger = createLedger(guarded)
  const wallet = createWallet({
    store: walletStore(guarded),
    connectMint: (mint) => connectMint(mint, { clock, timeoutMs: requestTimeoutMs }),
    ecash: options.ecash ?? ecashSource(),
    seedOfWords,
    owners: { current: currentOwner, isAlive: isOwnerAlive },
    clock,
    random,
    effects: providerEffects(ledger),
    requestTimeoutMs,
  })
  const door = options.door ?? new TestDoor()
  const board = new TestBoard()
  const log: string[] = []
  const provider = createProvider({
    publicKey: PROVIDER_KEY,
    config: testConfig(world.url, options.config),
    wallet,
    ledger,
    compute: mortal({ ...world.compute, ...options.compute }, () => isDead),
    doors: [mortalDoor(door, () => isDead)],
    board,
    keys: machineKeys,
    clock,
    random: options.random ?? random,
    log: lineLog(log),
    acceptNewCluster: options.acceptNewCluster ?? false,
    finishMs: 200,
    takeLock: async () => {
      database.takeTurn()
      return {
        lost: new AbortController().signal,
        isFresh: database.isMine,
        release: async () => undefined,
      }
    },
  })
  if (options.start !== false) await provider.start()
  return {
    provider,
    wallet,
    ledger,
    database,
    door,
    board,
    log,
    crash: () => {
      isDead = true
      world.zombies.push(
        provider
          .stop()
          .then(async () => wallet.close())
          .then(() => database.close()),
      )
    },
    stop: async () => {
      await provider.stop()
      await wallet.close()
      database.close()
    },
  }
}

function mortal(compute: Compute, isDead: () => boolean): Compute {
  const alive =
    <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      if (isDead()) throw new Error('this process is dead')
      const result = await work(...args)
      if (isDead()) throw new Error('this process is dead')
      return result
    }
  return {
    check: alive(compute.check),
    capacity: alive(compute.capacity),
    reserve: alive(compute.reserve),
    start: alive(compute.start),
    waitReady: alive(compute.waitReady),
    setEnd: alive(compute.setEnd),
    end: alive(compute.end),
    describe: alive(compute.describe),
    list: alive(compute.list),
    watch: compute.watch,
    close: compute.close,
  }
}

function mortalDoor(door: TestDoor, isDead: () => boolean): Door {
  return {
    name: door.name,
    open: (take) => door.open(take),
    close: () => door.close(),
    deliver: async (address, content) => (isDead() ? 'undelivered' : door.deliver(address, content)),
  }
}

function lineLog(lines: string[]): Log {
  const write =
    (level: string) =>
    (fields: object, message: string): void =>
      void lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

function silentLog(): Log {
  const write = (): void => undefined
  return { debug: write, info: write, warn: write, error: write }
}

export interface Purchase {
  orderId: OrderId
  token: string
  refundKey: { index: number; pubkey: string }
  message: Record<string, unknown>
}

let orders = 0

export function freshOrderId(): OrderId {
  orders += 1
  return parseOrderId(`order-${orders}-${randomBytes(4).toString('hex')}`)
}

const nowSec = (): number => Math.floor(Date.now() / 1000)

export interface PurchaseOptions {
  netSat?: bigint
  sender?: PublicKeyHex
  orderId?: OrderId
  lockSec?: number
  fields?: Record<string, unknown>
}

/** A token locked to the provider with everything a careful buyer sends. */
export async function lockedPurchase(
  world: ProviderPlace,
  provider: RunningProvider,
  options: PurchaseOptions = {},
): Promise<Purchase> {
  const { netSat = 120n, sender = BUYER_KEY, orderId = freshOrderId(), lockSec = 1_200 } = options
  const { wallet } = world.buyer
  const refundKey = wallet.newRefundKey()
  const locktime = nowSec() + lockSec
  const terms = { pubkey: provider.wallet.paymentKey().pubkey, locktime, refundPubkey: refundKey.pubkey }
  const token = tokenOf(await wallet.lock(world.url, netSat, terms, { orderId }))
  const message = {
    cashu_token: token,
    order_id: orderId,
    refund_pubkey: refundKey.pubkey,
    refund_signature: refundSignature(world, refundKey, { sender, orderId }),
    respond_before: locktime - 300,
    ...options.fields,
  }
  return { orderId, token, refundKey, message }
}

/** The buyer's proof that the refund key of a lock is theirs, for one order. */
export function refundSignature(
  world: ProviderPlace,
  { index }: Purchase['refundKey'],
  { sender = BUYER_KEY, orderId }: { sender?: PublicKeyHex; orderId: OrderId },
): string {
  return world.buyer.wallet.signWithRefundKey(index, refundEvidence(PROVIDER_KEY, sender, orderId))
}

/** A bearer token, as other wallets send it. */
export async function plainPurchase(world: World, options: PurchaseOptions = {}): Promise<Purchase> {
  const { netSat = 120n, orderId = freshOrderId() } = options
  const { wallet } = world.buyer
  const refundKey = wallet.newRefundKey()
  const token = tokenOf(await wallet.send(world.url, netSat, {}))
  const message = {
    cashu_token: token,
    order_id: orderId,
    refund_pubkey: refundKey.pubkey,
    ...options.fields,
  }
  return { orderId, token, refundKey, message }
}

export interface AskOptions {
  sender?: PublicKeyHex
  requestedAt?: number
  address?: string
}

/** What a door would hand over. */
function incoming(message: unknown, options: AskOptions = {}): Incoming {
  return {
    door: 'test',
    sender: options.sender ?? BUYER_KEY,
    parsed: parseRequest(typeof message === 'string' ? message : JSON.stringify(message)),
    requestedAt: options.requestedAt ?? nowSec(),
    address: options.address ?? 'buyer',
  }
}

/** The content of the reply. */
export async function ask(
  provider: RunningProvider,
  message: unknown,
  options: AskOptions = {},
): Promise<string | undefined> {
  return provider.provider.handleRequest(incoming(message, options))
}

/** The reply as an object. */
export async function asked(
  provider: RunningProvider,
  message: unknown,
  options: AskOptions = {},
): Promise<Record<string, unknown>> {
  const reply = await ask(provider, message, options)
  if (reply === undefined) throw new Error('no reply')
  return JSON.parse(reply) as Record<string, unknown>
}
