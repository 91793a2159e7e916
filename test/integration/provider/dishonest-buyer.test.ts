// What a buyer or a stranger can send to get a machine twice for one payment, or a machine and the payment back.
import { afterEach, describe, expect, test } from 'vitest'
import { ecash } from '../../../src/cashu/ecash.ts'
import { walletStore } from '../../../src/storage/wallet-store.ts'
import type { Proof } from '../../../src/wallet/ecash-port.ts'
import { done, held, tokenOf } from '../../support/wallet/test-wallet.ts'
import {
  ask,
  asked,
  freshOrderId,
  lockedPurchase,
  openProvider,
  plainPurchase,
  refundSignature,
  startWorld,
  STRANGER_KEY,
} from '../../support/provider/test-provider.ts'
import type {
  ProviderOptions,
  Purchase,
  RunningProvider,
  World,
} from '../../support/provider/test-provider.ts'

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function start(options: ProviderOptions = {}): Promise<{ world: World; provider: RunningProvider }> {
  const world = await startWorld()
  closing.push(() => world.close())
  const provider = await openProvider(world, options)
  closing.push(() => provider.stop())
  return { world, provider }
}

/** A second provider at the same mint, with machines and books of its own. */
async function another(world: World): Promise<{ other: RunningProvider; place: World }> {
  const place = await startWorld({ fundSat: 1n })
  closing.push(() => place.close())
  const other = await openProvider({ ...world, home: place.home, compute: place.compute })
  closing.push(() => other.stop())
  return { other, place }
}

const machines = async ({ compute }: World): Promise<number> =>
  (await compute.list()).filter(({ state }) => state !== 'ended').length
const cash = (world: World, ...providers: RunningProvider[]): bigint[] =>
  providers.map(({ wallet }) => held(wallet, world.url).available)

describe('one token sent to two providers', () => {
  test('buys, when it is locked, at the one that it is locked to and nowhere else', async () => {
    const { world, provider } = await start()
    const { other, place } = await another(world)
    const { message } = await lockedPurchase(world, provider)
    const [here, there] = await Promise.all([asked(provider, message), asked(other, message)])
    expect(here).toHaveProperty('pod_npub')
    expect(there).toMatchObject({ error_type: 'invalid_token', payment: { status: 'untouched' } })
    expect([await machines(world), await machines(place)]).toEqual([1, 0])
    expect(cash(world, provider, other)).toEqual([120n, 0n])
  })

  test('buys, when it is plain, at the one that took it first', async () => {
    const { world, provider } = await start()
    const { other, place } = await another(world)
    const { message } = await plainPurchase(world)
    const replies = await Promise.all([asked(provider, message), asked(other, message)])
    expect(replies.filter((reply) => 'pod_npub' in reply)).toHaveLength(1)
    expect(replies.filter((reply) => 'error_type' in reply)).toMatchObject([
      { error_type: 'invalid_token', payment: { status: 'untouched' } },
    ])
    expect((await machines(world)) + (await machines(place))).toBe(1)
    expect(new Set(cash(world, provider, other))).toEqual(new Set([0n, 120n]))
  })
})

describe.each([
  ['locked', lockedPurchase],
  ['plain', async (world: World) => plainPurchase(world)],
] as const)('one %s token', (_kind, purchase) => {
  test('in two orders at once buys one machine, and no signature over it leaves', async () => {
    const world = await startWorld()
    closing.push(() => world.close())
    let started = 0
    const begin: World['compute']['start'] = async (...machine) => {
      started += 1
      return world.compute.start(...machine)
    }
    const provider = await openProvider(world, { compute: { start: begin } })
    closing.push(() => provider.stop())
    const { message } = await purchase(world, provider)
    const orders = [message, { ...message, order_id: freshOrderId() }]
    const replies = await Promise.all(orders.map(async (order) => asked(provider, order)))
    expect(replies.filter((reply) => 'pod_npub' in reply)).toHaveLength(1)
    expect(replies.filter((reply) => 'error_type' in reply)).toMatchObject([
      { error_type: 'invalid_token', payment: { status: 'untouched' } },
    ])
    expect(JSON.stringify(replies)).not.toContain('signatures')
    expect([started, await machines(world)]).toEqual([1, 1])
    expect(cash(world, provider)).toEqual([120n])
  })

  test('for a top-up and for a machine, at once, pays for one of them', async () => {
    const { world, provider } = await start()
    const first = await lockedPurchase(world, provider, { netSat: 60n })
    const { pod_npub } = await asked(provider, first.message)
    const { message } = await purchase(world, provider)
    const replies = await Promise.all([
      asked(provider, { ...message, pod_npub }),
      asked(provider, { ...message, order_id: freshOrderId() }),
    ])
    const served = replies.filter((reply) => 'success' in reply || 'pod_npub' in reply)
    expect(served).toHaveLength(1)
    expect(replies.filter((reply) => 'error_type' in reply)).toMatchObject([
      { payment: { status: 'untouched' } },
    ])
    expect(cash(world, provider)).toEqual([180n])
  })

  test.each(['topped up', 'bought'])('that has %s pays for nothing else', async (what) => {
    const { world, provider } = await start()
    const first = await lockedPurchase(world, provider, { netSat: 60n })
    const { pod_npub } = await asked(provider, first.message)
    const { message } = await purchase(world, provider)
    const topup = { ...message, pod_npub }
    const spawn = { ...message, order_id: freshOrderId() }
    const [before, after] = what === 'bought' ? [spawn, topup] : [topup, spawn]
    expect(await asked(provider, before)).not.toHaveProperty('error_type')
    expect(await asked(provider, after)).toMatchObject({ payment: { status: 'untouched' } })
    expect(cash(world, provider)).toEqual([180n])
    expect(await machines(world)).toBe(what === 'bought' ? 2 : 1)
  })
})

describe('proofs sent again in a bad order, to have them released,', () => {
  const bad = { pod_spec_id: 'huge' }
  /** The same payment in an order of its own that will be refused, with a proof that the refund key is theirs. */
  const badOrder = (world: World, { message, refundKey }: Purchase) => {
    const orderId = freshOrderId()
    const proof = { refund_signature: refundSignature(world, refundKey, { orderId }) }
    return { ...message, ...bad, ...proof, order_id: orderId }
  }

  test.each(['is still starting', 'runs'])('stay with their order while its machine %s', async (when) => {
    const gate = Promise.withResolvers<void>()
    const world = await startWorld()
    closing.push(() => world.close())
    const waitReady: World['compute']['waitReady'] = async (lease, signal) => {
      await gate.promise
      return world.compute.waitReady(lease, signal)
    }
    const provider = await openProvider(world, { compute: { waitReady } })
    closing.push(() => provider.stop())
    const purchase = await lockedPurchase(world, provider)
    const first = asked(provider, purchase.message)
    await expect.poll(() => provider.ledger.openOrders()[0]?.state).toBe('starting')
    if (when === 'runs') gate.resolve()
    if (when === 'runs') await first
    const reply = await asked(provider, badOrder(world, purchase))
    expect(reply).toMatchObject({ error_type: 'invalid_token', payment: { status: 'untouched' } })
    expect(JSON.stringify(reply)).not.toContain('signatures')
    gate.resolve()
    expect(await first).toHaveProperty('pod_npub')
    expect(cash(world, provider)).toEqual([120n])
  })

  test('by a stranger who copied them, with a refund key of the stranger’s own, get no signature', async () => {
    const { world, provider } = await start()
    const { message } = await lockedPurchase(world, provider)
    const own = world.buyer.wallet.newRefundKey()
    const orderId = freshOrderId()
    const reply = await asked(
      provider,
      {
        ...message,
        ...bad,
        order_id: orderId,
        refund_pubkey: own.pubkey,
        refund_signature: refundSignature(world, own, { orderId, sender: STRANGER_KEY }),
      },
      { sender: STRANGER_KEY },
    )
    expect(reply).toMatchObject({ error_type: 'invalid_spec', payment: { status: 'untouched' } })
    expect(JSON.stringify(reply)).not.toContain('signatures')
    expect(await asked(provider, message)).toHaveProperty('pod_npub')
  })

  test('with the copied proof of their owner’s refund key get none either: it names its sender and its order', async () => {
    const { world, provider } = await start()
    const { message } = await lockedPurchase(world, provider)
    for (const orderId of [message['order_id'], freshOrderId()]) {
      const reply = await asked(provider, { ...message, ...bad, order_id: orderId }, { sender: STRANGER_KEY })
      expect(reply).toMatchObject({ payment: { status: 'untouched' } })
      expect(JSON.stringify(reply)).not.toContain('signatures')
    }
  })

  test('first, and released, pay for nothing afterwards', async () => {
    const { world, provider } = await start()
    const purchase = await lockedPurchase(world, provider)
    const released = await asked(provider, badOrder(world, purchase))
    expect(released).toMatchObject({ payment: { status: 'released' } })
    const reply = await asked(provider, purchase.message)
    expect(reply).toMatchObject({ error_type: 'invalid_token', payment: { status: 'untouched' } })
    expect(await machines(world)).toBe(0)
    const { signatures } = released['payment'] as { signatures: string[] }
    done(await world.buyer.wallet.respend(purchase.token, signatures, {}))
    expect(held(world.buyer.wallet, world.url).available).toBe(5_000n)
  })
})

test('a stranger who repeats a buyer’s top-up, status or stop, word for word, gets nothing of their answers', async () => {
  const { world, provider } = await start()
  const { pod_npub } = await asked(provider, (await lockedPurchase(world, provider)).message)
  const topup = { ...(await lockedPurchase(world, provider, { netSat: 30n })).message, pod_npub }
  const status = { request: 'status', pod_npub }
  const stop = { request: 'stop', pod_npub, order_id: freshOrderId() }
  const extended = await asked(provider, topup)
  const shown = await asked(provider, status)
  const copied = async (message: object) => asked(provider, message, { sender: STRANGER_KEY })
  expect(await copied(topup)).toMatchObject({ payment: { status: 'untouched' } })
  expect(await copied(status)).toMatchObject({ error_type: 'not_allowed' })
  // By a stop that comes first, too: the buyer's own has another id, and is served.
  expect(await copied(stop)).toMatchObject({ error_type: 'not_allowed' })
  expect(await machines(world)).toBe(1)
  const own = { ...stop, order_id: freshOrderId() }
  const stopped = await asked(provider, own)
  expect(stopped).toMatchObject({ state: 'stopped' })
  const after = await copied(own)
  expect(after).toHaveProperty('error_type')
  const answers = JSON.stringify([await copied(topup), await copied(status), after])
  const secret = [extended['new_expires_at'], shown['ssh_host'], stopped['refund_token']]
  for (const text of secret) expect(answers).not.toContain(text)
})

describe('nothing is taken, and the next buyer is served: the answer to', () => {
  const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds
  const lockedTo = async (world: World, pubkey: string, refundPubkey: string): Promise<object> => {
    const terms = { pubkey, locktime: inSeconds(1_200), refundPubkey }
    return { cashu_token: tokenOf(await world.buyer.wallet.lock(world.url, 120n, terms, {})) }
  }
  /** A plain token with other proofs in it. */
  const changed = async (world: World, change: (proofs: Proof[]) => Proof[]): Promise<object> => {
    const text = tokenOf(await world.buyer.wallet.send(world.url, 120n, {}))
    const ids = walletStore(world.buyer.database)
      .keysets(world.url)
      .map(({ id }) => id)
    const { proofs } = ecash.decodeToken(text, ids)
    return { cashu_token: ecash.encodeToken({ mint: world.url, unit: 'sat', proofs: change(proofs) }) }
  }
  const many =
    (count: number) =>
    ([first]: Proof[]): Proof[] => {
      if (first === undefined) throw new Error('no proof')
      const { dleq: _dleq, ...bare } = first
      return Array.from({ length: count }, (_, n) => ({ ...bare, secret: `${n}` }))
    }
  const untouched = { error_type: 'invalid_token', payment: { status: 'untouched' } }

  test.each<[string, object | undefined, (world: World, provider: RunningProvider) => Promise<object>]>([
    [
      'a lock whose refund key is the key that it is locked to',
      untouched,
      async (world, { wallet }) => lockedTo(world, wallet.paymentKey().pubkey, wallet.paymentKey().pubkey),
    ],
    [
      'a lock to another key',
      untouched,
      async (world) => lockedTo(world, `02${STRANGER_KEY}`, world.buyer.wallet.newRefundKey().pubkey),
    ],
    [
      'a lock that is about to end',
      { error_type: 'expired_request', payment: { status: 'released' } },
      async (world, provider) => (await lockedPurchase(world, provider, { lockSec: 370 })).message,
    ],
    // Larger than any honest request, and not even answered.
    ['a token of 20,000 proofs', undefined, async (world) => changed(world, many(20_000))],
    ['a token of 300 proofs', untouched, async (world) => changed(world, many(300))],
    [
      'coins of 2^63',
      untouched,
      async (world) => changed(world, (all) => all.map((one) => ({ ...one, amountSat: 2n ** 63n }))),
    ],
    ['the same proof twice', untouched, async (world) => changed(world, (all) => [...all, ...all])],
  ])('%s', async (_what, said, make) => {
    const { world, provider } = await start()
    const reply = await ask(provider, await make(world, provider))
    expect({ said: reply === undefined ? undefined : JSON.parse(reply) }).toMatchObject({ said })
    expect(cash(world, provider)).toEqual([0n])
    expect(await machines(world)).toBe(0)
    expect(provider.log.join('')).not.toContain('cashuB')
    const { message } = await lockedPurchase(world, provider)
    expect(await asked(provider, message)).toHaveProperty('pod_npub')
  })
})
