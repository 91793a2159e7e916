// A buyer with a real wallet and a real order store, a scripted provider, and a devnet mint, joined by a messenger in memory.
import { createHash, randomBytes } from 'node:crypto'
import { clientEffects } from '../../../src/client/order-effects.ts'
import type {
  Client,
  InboxReading,
  Message,
  Messenger,
  OfferSighting,
  OrderStore,
} from '../../../src/client/ports.ts'
import type { BuyWish } from '../../../src/client/wish.ts'
import type { Clock } from '../../../src/core/clock.ts'
import { parseMintUrl, type MintUrl } from '../../../src/core/mint-url.ts'
import type { PublicKeyHex } from '../../../src/core/npub.ts'
import { normaliseRelayUrl, type RelayUrl } from '../../../src/core/relay-url.ts'
import { PaygressError } from '../../../src/core/errors.ts'
import { startFaultyMint, type FaultyMint } from '../faulty-mint.ts'
import type { Effects } from '../../../src/wallet/transaction.ts'
import type { Wallet } from '../../../src/wallet/wallet.ts'
import { openOrderStore } from '../../../src/storage/order-store.ts'
import { openTestWallet, type TestWallet } from '../wallet/test-wallet.ts'
import { ScriptedProvider } from './scripted-provider.ts'

const RELAY = normaliseRelayUrl('wss://relay.example') as RelayUrl
const PROVIDER_KEY = 'a1'.repeat(32) as PublicKeyHex
const BUYER_KEY = 'b2'.repeat(32) as PublicKeyHex

export class TestClock {
  ms = Date.now()
  now(): number {
    return this.ms
  }
  passSeconds(seconds: number): void {
    this.ms += seconds * 1000
  }
}

/** What a test can do to the way between buyer and provider. */
export class Wire {
  /** No relay is reachable. */
  dead = false
  /** Answers to what costs money never come back, though the provider reads. */
  losesAnswers = false
  /** Called before each publishing. */
  onAsk: (() => void) | undefined
  /** What lies on the relay. */
  readonly stored: InboxReading['answers'] = []
  readonly published: Message[] = []
  inboxComplete = true
}

export interface TestBuyer {
  client: Client & { notes: string[] }
  wallet: Wallet
  orders: OrderStore
  provider: ScriptedProvider
  wire: Wire
  clock: TestClock
  mint: MintUrl
  runningMint: FaultyMint
  /** Opens the same home again, as another run of the program would. */
  reopen(): TestBuyer
  close(): Promise<void>
}

export interface TestBuyerOptions {
  /** Sats in the wallet at the beginning. */
  funds?: bigint
  /** What the mint keeps of every coin it swaps, in thousandths of a sat. */
  feePpk?: number
  offerContent?: (mint: MintUrl, payment: string) => object
  /** By so much the buyer's clock is ahead of that of its mint and its provider. */
  clockAheadSec?: number
  /** By so much the mint's clock is ahead of the provider's. */
  mintAheadSec?: number
}

export async function openTestBuyer(options: TestBuyerOptions = {}): Promise<TestBuyer> {
  const clock = new TestClock()
  const own = { now: () => clock.now() + (options.clockAheadSec ?? 0) * 1000 }
  const runningMint = await startFaultyMint({
    clock: { now: () => clock.now() + (options.mintAheadSec ?? 0) * 1000 },
    ...(options.feePpk === undefined ? {} : { units: [{ unit: 'sat', inputFeePpk: options.feePpk }] }),
  })
  const mint = parseMintUrl(runningMint.url)
  const providerHome = openTestWallet({ clock, trusted: [mint] })
  await fundWith(providerHome.wallet, mint, 500n)
  const provider = new ScriptedProvider({ publicKey: PROVIDER_KEY, wallet: providerHome.wallet, mint, clock })
  const wire = new Wire()
  const first = openTestWallet({ clock: own, trusted: [mint] })
  await first.wallet.mintFacts(mint)
  if ((options.funds ?? 1_000n) > 0n) await fundWith(first.wallet, mint, options.funds ?? 1_000n)
  await first.wallet.close()
  first.database.close()
  const opened: TestWallet[] = []

  const open = (): TestBuyer => {
    // The effects need the store, and the store the database that the wallet opens.
    const effects: { table: Effects } = { table: {} }
    const home = openTestWallet({ clock: own, home: first.home, effects: new Proxy({}, tableOf(effects)) })
    opened.push(home)
    const orders = openOrderStore(home.database, own)
    effects.table = clientEffects(orders)
    const content = (options.offerContent ?? offerContent)(mint, provider.wallet.paymentKey().pubkey)
    const client = clientOn({ wallet: home.wallet, orders, provider, wire, clock: own, content })
    return {
      client,
      wallet: home.wallet,
      orders,
      provider,
      wire,
      clock,
      mint,
      runningMint,
      reopen: open,
      close: async () => {
        for (const one of opened) await one.close()
        await providerHome.close()
        await runningMint.close()
      },
    }
  }
  return open()
}

function tableOf(effects: { table: Effects }): ProxyHandler<Effects> {
  return {
    get: (_, name) => effects.table[String(name)],
    has: (_, name) => Object.hasOwn(effects.table, name),
    getOwnPropertyDescriptor: (_, name) => {
      const value = effects.table[String(name)]
      return value === undefined ? undefined : { value, configurable: true, enumerable: true }
    },
  }
}

async function fundWith(wallet: Wallet, mint: MintUrl, sat: bigint): Promise<void> {
  const quote = await wallet.requestInvoice(mint, sat)
  const outcome = await wallet.awaitFunding(quote.operationId, { signal: AbortSignal.timeout(5_000) })
  if (outcome.status !== 'done') throw new Error('not funded')
}

/** The offer of the scripted provider. */
export function offerContent(mint: MintUrl, pubkey: string): object {
  return {
    minimum_duration_seconds: 60,
    maximum_duration_seconds: 86_400,
    whitelisted_mints: [mint],
    pod_specs: [
      {
        id: 'basic',
        name: 'Basic',
        description: '',
        cpu_millicores: 1000,
        memory_mb: 1024,
        rate_msats_per_sec: 100,
      },
    ],
    name: 'coral',
    relays: [RELAY],
    refresh_seconds: 600,
    payment: { pubkey, locks: ['p2pk'], minimum_lock_seconds: 900 },
    features: ['quote', 'status', 'stop', 'ssh-public-key', 'refund'],
  }
}

interface Parts {
  wallet: Wallet
  orders: OrderStore
  provider: ScriptedProvider
  wire: Wire
  clock: Clock
  content: object
}

function clientOn({ wallet, orders, provider, wire, clock, content }: Parts): Client & { notes: string[] } {
  const notes: string[] = []
  return {
    notes,
    wallet,
    orders,
    offers: {
      async *look(): AsyncGenerator<OfferSighting> {
        if (wire.dead) {
          yield { type: 'unreachable', relay: RELAY, reason: 'ECONNREFUSED' }
          return
        }
        const event = {
          id: 'e'.repeat(64),
          pubkey: PROVIDER_KEY,
          kind: 999,
          created_at: Math.floor(clock.now() / 1000),
          tags: [
            ['t', 'paygress'],
            ['t', 'offer'],
          ],
          content: JSON.stringify(content),
        }
        yield { type: 'event', relay: RELAY, event }
        yield { type: 'answered', relay: RELAY }
      },
    },
    messenger: memoryMessenger(provider, wire),
    ssh: { answers: async () => true },
    keys: {
      ofOrder: async () => ({ publicKey: 'ssh-ed25519 AAAAkey', privateKeyPath: '/keys/one' }),
      read: async (path) => ({ publicKey: 'ssh-ed25519 AAAAfile', privateKeyPath: path }),
    },
    clock,
    random: { bytes: (count) => randomBytes(count) },
    progress: { step: () => undefined, note: (text) => void notes.push(text), done: () => undefined },
    ask: {
      canAsk: false,
      confirm: async (_, flag) => {
        throw new PaygressError('input_needed', `nobody can answer; use ${flag}`)
      },
      input: async (_, { flag }) => {
        throw new PaygressError('input_needed', `nobody can answer; use ${flag}`)
      },
      secret: async (_, flag) => {
        throw new PaygressError('input_needed', `nobody can answer; use ${flag}`)
      },
      select: async (_, __, flag) => {
        throw new PaygressError('input_needed', `nobody can answer; use ${flag}`)
      },
    },
  }
}

function memoryMessenger(provider: ScriptedProvider, wire: Wire): Messenger {
  return {
    publicKey: BUYER_KEY,
    replyRelays: () => [RELAY],
    compose: (to, content) => ({ id: createHash('sha256').update(content).digest('hex'), to, text: content }),
    async ask(message, options) {
      options.signal.throwIfAborted()
      if (wire.dead) return 'unsent'
      options.beforePublish?.()
      wire.onAsk?.()
      options.signal.throwIfAborted()
      wire.published.push(message)
      const answers = await provider.answer(message.text)
      for (const content of answers) {
        wire.stored.push({ messageId: message.id, from: provider.publicKey, content })
      }
      options.signal.throwIfAborted()
      if (wire.losesAnswers && provider.requests.at(-1)?.type !== 'quote') return 'silent'
      return answers.some((answer) => options.onAnswer(answer)) ? 'answered' : 'silent'
    },
    async readInbox({ messages }) {
      if (wire.dead) return { answers: [], complete: false }
      const ids = messages.map(({ id }) => id)
      return {
        answers: wire.stored.filter(({ messageId }) => ids.includes(messageId)),
        complete: wire.inboxComplete,
      }
    },
  }
}

/** A wish with everything that a script would say. */
export function buyWish(more: Partial<BuyWish> = {}): BuyWish {
  return {
    spec: 'basic',
    extent: { durationSec: 600 },
    lock: true,
    yes: true,
    dryRun: false,
    wait: false,
    ...more,
  }
}

/** The error a piece of work must end with. */
export async function failure(work: Promise<unknown>): Promise<PaygressError> {
  try {
    await work
  } catch (error) {
    if (error instanceof PaygressError) return error
    throw error
  }
  throw new Error('it did not fail')
}

/** All sats a wallet can reach now. */
export function available(wallet: Wallet): bigint {
  return wallet.balances().reduce((sum, { availableSat }) => sum + availableSat, 0n)
}
