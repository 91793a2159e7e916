// Whatever a provider answers and wherever the buyer dies, an order ends, and its money is in one place.
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { advanceOrder } from '../../src/client/advance-order.ts'
import { draftOrder } from '../../src/client/draft-order.ts'
import { clientEffects } from '../../src/client/order-effects.ts'
import { findOrder } from '../../src/client/order-journal.ts'
import { isOpen, type Order } from '../../src/client/order.ts'
import type { OrderTerms } from '../../src/client/order-terms.ts'
import type { Client, Messenger, OrderStore } from '../../src/client/ports.ts'
import { recoverOrders } from '../../src/client/recover-orders.ts'
import { PaygressError } from '../../src/core/errors.ts'
import { parseOrderId, type SpecId } from '../../src/core/ids.ts'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import { encodePodNpub, type PublicKeyHex } from '../../src/core/npub.ts'
import { parseRequest } from '../../src/protocol/request.ts'
import { memoryOrderStore } from '../support/client/memory-order-store.ts'
import { Death, Life, ModelMoney, modelWallet } from '../support/client/model-money.ts'

const PROVIDER = 'a1'.repeat(32) as PublicKeyHex
const BUYER = 'b2'.repeat(32) as PublicKeyHex
const POD = encodePodNpub('c3'.repeat(32) as PublicKeyHex)
const MINT = parseMintUrl('https://mint.example')
const ORDER = parseOrderId('o1')
const START = 1_800_000_000_000
const PRICE = 60n
const FUNDS = 100n

const SCRIPTS = [
  'serve',
  'silent',
  'capture-silently',
  'untouched',
  'lying-untouched',
  'released',
  'bad-signatures',
  'refunded',
  'spent-refund',
  'kept',
  'pending',
  'rubbish',
] as const
type Script = (typeof SCRIPTS)[number]

/** What outlives every process: money, orders, relays, provider, time. */
interface World {
  money: ModelMoney
  store: OrderStore
  ms: number
  stored: { messageId: string; from: PublicKeyHex; content: string }[]
  published: Set<string>
  script: Script
  /** Its answer to an order it knows: byte for byte the same. */
  replies: Map<string, object[]>
}

function newWorld(script: Script): World {
  const world: World = {
    money: new ModelMoney(FUNDS),
    store: memoryOrderStore(() => world.ms),
    ms: START,
    stored: [],
    published: new Set(),
    script,
    replies: new Map(),
  }
  return world
}

/** The provider; it captures at most once and never after `respond_before`. */
function reply(world: World, content: string): object[] {
  const parsed = parseRequest(content)
  if (!parsed.ok || parsed.request.type !== 'spawn') throw new Error('no spawn')
  const { cashu_token: token, order_id = '', respond_before = 0 } = parsed.request.message
  const known = world.replies.get(order_id)
  if (known !== undefined) return known
  if (world.ms / 1000 > respond_before) return []
  const { money } = world
  const capture = (): boolean => {
    if (!money.spend(token, 'provider')) return false
    money.providerSat += money.coin(token).sat
    return true
  }
  const giveBack = (): string => {
    money.providerSat -= money.coin(token).sat
    return money.newToken(money.coin(token).sat)
  }
  const refuse = (payment: object): object[] => [
    { error_type: 'internal_error', message: 'no', order_id, payment },
  ]
  const answer = (): object[] => {
    switch (world.script) {
      case 'silent':
        return []
      case 'rubbish':
        return [{ pod_npub: 'rubbish' }]
      case 'serve':
        if (!capture()) return []
        return [
          {
            pod_npub: POD,
            node_port: 30_000,
            expires_at: new Date(world.ms + 600_000).toISOString(),
            cpu_millicores: 1,
            memory_mb: 1,
            pod_spec_name: 'b',
            pod_spec_description: '',
            instructions: [],
            order_id,
          },
        ]
      case 'capture-silently':
        capture()
        return []
      case 'untouched':
        return refuse({ status: 'untouched' })
      case 'lying-untouched':
        capture()
        return refuse({ status: 'untouched' })
      case 'released':
        return refuse({ status: 'released', signatures: ['01'.repeat(64)] })
      case 'bad-signatures':
        return refuse({ status: 'released', signatures: ['ff'.repeat(64)] })
      case 'refunded':
        if (!capture()) return []
        return refuse({ status: 'refunded', refund_token: giveBack(), amount_msat: 60_000 })
      case 'spent-refund': {
        if (!capture()) return []
        const token2 = giveBack()
        if (money.spend(token2, 'provider')) money.providerSat += PRICE
        return refuse({ status: 'refunded', refund_token: token2, amount_msat: 60_000 })
      }
      case 'kept':
        return capture() ? refuse({ status: 'kept', reason: 'dust' }) : []
      case 'pending':
        return refuse({ status: 'pending' })
    }
  }
  const replies = answer()
  if (replies.length > 0 && world.script !== 'pending') world.replies.set(order_id, replies)
  return replies
}

function messengerOf(world: World, life: Life): Messenger {
  return {
    publicKey: BUYER,
    replyRelays: () => [],
    compose: (to, text) => ({ id: createHash('sha256').update(text).digest('hex'), to, text }),
    async ask(message, options) {
      life.step()
      options.beforePublish?.()
      life.step()
      world.published.add(message.id)
      const answers = reply(world, message.text).map((answer) => JSON.stringify(answer))
      for (const content of answers) world.stored.push({ messageId: message.id, from: PROVIDER, content })
      life.step()
      return answers.some((answer) => options.onAnswer(answer)) ? 'answered' : 'silent'
    },
    async readInbox({ messages }) {
      life.step()
      const ids = messages.map(({ id }) => id)
      return { answers: world.stored.filter(({ messageId }) => ids.includes(messageId)), complete: true }
    },
  }
}

/** One life of the buyer's process. */
function process(world: World, steps?: number): Client {
  const life = new Life(steps)
  const missing = (): never => {
    throw new Error('not used here')
  }
  const { store } = world
  const wallet = modelWallet({
    money: world.money,
    mint: MINT,
    life,
    transaction: store.transaction,
    effects: clientEffects(store),
    mintNow: () => Math.floor(world.ms / 1000),
  })
  return {
    wallet,
    orders: store,
    messenger: messengerOf(world, life),
    offers: { look: missing },
    ssh: { answers: missing },
    keys: { ofOrder: missing, read: missing },
    clock: { now: () => world.ms },
    random: { bytes: missing },
    progress: { step: () => undefined, note: () => undefined, done: () => undefined },
    ask: { canAsk: false, confirm: missing, input: missing, secret: missing, select: missing },
  }
}

const terms = (lock: boolean): OrderTerms => ({
  provider: PROVIDER,
  providerName: 'p',
  specId: 'basic' as SpecId,
  mint: MINT,
  netSat: PRICE,
  rateMsatPerSec: 100,
  durationSec: 600,
  ...(lock ? { lock: { pubkey: `02${'d'.repeat(64)}`, minimumLockSec: 900 } } : {}),
  relays: [],
  minPow: 0,
  fingerprint: 'f',
  passwordGenerated: false,
})

const signal = new AbortController().signal

/** Runs something that may die or fail; anything but those two is a bug. */
async function live(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const expected = error instanceof Death || (error instanceof PaygressError && error.code !== 'internal')
    if (!expected) throw error
  }
}

async function buy(world: World, lock: boolean, steps?: number): Promise<void> {
  await live(async () => {
    const client = process(world, steps)
    const order = findOrder(world.store, ORDER) ?? draftOrder(client, ORDER, terms(lock))
    await advanceOrder(client, order, { signal })
  })
}

async function recover(world: World, mode: 'quick' | 'full', steps?: number): Promise<void> {
  await live(() => recoverOrders(process(world, steps), { mode, signal }))
}

/** What the buyer must have in the end. */
function walletAfter(order: Order): bigint {
  if (order.state === 'reclaimed') return FUNDS
  return order.state === 'refunded' ? FUNDS - PRICE + order.returnedSat : FUNDS - PRICE
}

const total = ({ money }: World): bigint => money.walletSat + money.providerSat + money.floating

type Step =
  | { do: 'buy' | 'quick' | 'full'; diesAfter: number | undefined }
  | { do: 'wait'; seconds: number }
  | { do: 'script'; script: Script }

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constantFrom('buy' as const, 'quick' as const, 'full' as const),
      diesAfter: fc.option(fc.nat(14), { nil: undefined }),
    }),
    fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(10, 400, 1_000) }),
    fc.record({ do: fc.constant('script' as const), script: fc.constantFrom(...SCRIPTS) }),
  ),
  { maxLength: 8 },
)

async function play(world: World, lock: boolean, story: readonly Step[]): Promise<void> {
  for (const step of story) {
    if (step.do === 'wait') world.ms += step.seconds * 1000
    else if (step.do === 'script') world.script = step.script
    else if (step.do === 'buy') await buy(world, lock, step.diesAfter)
    else await recover(world, step.do, step.diesAfter)
    expect(total(world)).toBe(FUNDS)
  }
}

describe('an order', () => {
  test('ends settled, with its money in one place, whatever is answered and wherever the buyer dies', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...SCRIPTS), fc.boolean(), steps, async (script, lock, story) => {
        const world = newWorld(script)
        await buy(world, lock, 0)
        await play(world, lock, story)
        // Long after: the provider is gone, the lock and the paid time are over.
        world.script = 'silent'
        for (let times = 0; times < 4; times++) {
          world.ms += 2_000_000
          await recover(world, 'full')
        }
        const order = findOrder(world.store, ORDER)
        expect(total(world)).toBe(FUNDS)
        if (order === undefined) return
        expect(isOpen(order)).toBe(false)
        expect(world.money.floating).toBe(0n)
        expect(world.money.walletSat).toBe(walletAfter(order))
        // Never two requests for one order, and never two payments.
        expect(world.published.size).toBeLessThanOrEqual(1)
      }),
      { numRuns: 1_500 },
    )
  })

  test.each(SCRIPTS.flatMap((script) => [[script, true] as const, [script, false] as const]))(
    'survives a death at each step of a purchase (%s, locked: %s) and goes on with the same id',
    async (script, lock) => {
      for (let diesAfter = 0; diesAfter < 24; diesAfter++) {
        const world = newWorld(script)
        await buy(world, lock, diesAfter)
        expect(total(world)).toBe(FUNDS)
        await buy(world, lock)
        expect(total(world)).toBe(FUNDS)
      }
    },
  )

  test('that is served is paid exactly once, wherever the buyer died', async () => {
    for (let diesAfter = 0; diesAfter < 24; diesAfter++) {
      const world = newWorld('serve')
      await buy(world, true, diesAfter)
      await buy(world, true)
      expect(findOrder(world.store, ORDER)?.state).toBe('ready')
      expect(world.money.providerSat).toBe(PRICE)
    }
  })

  test('that was not yet sent is never published by recovery', async () => {
    for (let diesAfter = 0; diesAfter < 24; diesAfter++) {
      const world = newWorld('serve')
      await buy(world, true, diesAfter)
      const state = findOrder(world.store, ORDER)?.state
      if (state !== undefined && state !== 'drafted' && state !== 'locked') continue
      await recover(world, 'full')
      world.ms += 2_000_000
      await recover(world, 'full')
      await recover(world, 'full')
      expect(world.published.size).toBe(0)
      expect(world.money.walletSat).toBe(FUNDS)
    }
  })
})
