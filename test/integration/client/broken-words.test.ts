// What a dishonest provider costs at most, and that this wallet remembers it: honest refusals are not remembered.
import { afterEach, describe, expect, test } from 'vitest'
import { brokenWords } from '../../../src/client/broken-words.ts'
import { buyPod } from '../../../src/client/buy-pod.ts'
import { getOrder } from '../../../src/client/order-journal.ts'
import { recoverOrders } from '../../../src/client/recover-orders.ts'
import { stopPod } from '../../../src/client/stop-pod.ts'
import { parseOrderId } from '../../../src/core/ids.ts'
import type { MintUrl } from '../../../src/core/mint-url.ts'
import { parseMintUrl } from '../../../src/core/mint-url.ts'
import { startMint } from '../../../src/devnet/mint/start-mint.ts'
import type { Script } from '../../support/client/scripted-provider.ts'
import {
  available,
  buyWish,
  failure,
  offerContent,
  openTestBuyer,
  type TestBuyer,
} from '../../support/client/test-buyer.ts'
import { fund, openTestWallet, tokenOf } from '../../support/wallet/test-wallet.ts'

let buyer: TestBuyer
const signal = new AbortController().signal
const orderId = parseOrderId('o1')
const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  await buyer.close()
  for (const close of closing.splice(0)) await close()
})

const withoutQuote = {
  offerContent: (mint: MintUrl, key: string) => ({
    ...offerContent(mint, key),
    features: ['status', 'stop', 'ssh-public-key', 'refund'],
  }),
}
const state = () => getOrder(buyer.orders, orderId).state
const buy = (more = {}) => buyPod(buyer.client, buyWish({ orderId, ...more }), { signal })
const recover = () => recoverOrders(buyer.client, { mode: 'full', signal })
const deeds = () => (brokenWords(buyer.orders).get(buyer.provider.publicKey) ?? []).map(({ deed }) => deed)

/** Buys from a provider of that script and recovers until nothing more can come of it. */
async function playOut(script: Script, feePpk = 0): Promise<void> {
  buyer = await openTestBuyer({ feePpk })
  buyer.provider.script = script
  const bought = buy().then(
    () => undefined,
    (error: unknown) => error,
  )
  await bought
  buyer.provider.script = 'silent'
  for (const seconds of [1_000, 1_000, 1_000]) {
    buyer.clock.passSeconds(seconds)
    await recover()
  }
}

/** From now on its replies to paid requests are changed like this. */
function changeReplies(change: (reply: Record<string, unknown>) => object): void {
  const honest = buyer.provider.answer.bind(buyer.provider)
  buyer.provider.answer = async (content) =>
    (await honest(content)).map((answer) =>
      JSON.stringify(change(JSON.parse(answer) as Record<string, unknown>)),
    )
}

describe('a provider is remembered that', () => {
  test.each<[string, Script, string, RegExp]>([
    ['takes the money and never answers', 'capture-silently', 'broken', /^took 60 sat and never answered$/],
    ['takes a part of it and never answers', 'take-a-part', 'reclaimed', /^took \d+ sat and never answered$/],
    ['sends signatures that do not verify', 'bad-signatures', 'reclaimed', /^gave back what is no money$/],
    ['sends a refund that is spent', 'spent-refund', 'broken', /^took 60 sat and never answered$/],
    ['keeps a payment that is no dust', 'kept', 'refunded', /^refused, and gave 0 sat of 60 sat back$/],
  ])('%s', async (_what, script, end, deed) => {
    await playOut(script)
    expect(state()).toBe(end)
    expect(deeds()).toEqual([expect.stringMatching(deed)])
    // The loss is that order's payment and nothing else.
    expect(available(buyer.wallet)).toBeGreaterThanOrEqual(940n)
  })

  test('sends a refund that is of another mint, which is never asked', async () => {
    buyer = await openTestBuyer()
    const other = await startMint({ clock: buyer.clock })
    closing.push(() => other.close())
    const otherUrl = parseMintUrl(other.url)
    const home = openTestWallet({ clock: buyer.clock, trusted: [otherUrl] })
    closing.push(() => home.close())
    await fund(home.wallet, otherUrl, 100n)
    const refund = tokenOf(await home.wallet.refund(otherUrl, 60n, { lockTo: undefined }))
    buyer.provider.script = 'kept'
    changeReplies((reply) =>
      reply['error_type'] === undefined
        ? reply
        : { ...reply, payment: { status: 'refunded', refund_token: refund, amount_msat: 60_000 } },
    )
    expect((await failure(buy())).code).toBe('provider_refused')
    expect(deeds()).toEqual(['gave back what is no money'])
    expect(buyer.wallet.balances().map(({ mint }) => mint)).toEqual([buyer.mint])
    buyer.provider.script = 'silent'
    buyer.clock.passSeconds(3_000)
    await recover()
    expect(state()).toBe('broken')
  })

  test('captures after respond_before, with the witness of the mint as the proof', async () => {
    buyer = await openTestBuyer()
    buyer.provider.script = 'silent'
    expect((await failure(buy())).exitCode).toBe(7)
    const { payment } = getOrder(buyer.orders, orderId) as { payment: { respondBefore: number } }
    buyer.clock.passSeconds(660)
    expect(buyer.clock.now() / 1000).toBeGreaterThan(payment.respondBefore)
    buyer.provider.script = 'capture-silently'
    await recover()
    expect(state()).toBe('silent')
    buyer.provider.script = 'silent'
    buyer.clock.passSeconds(2_000)
    await recover()
    const order = getOrder(buyer.orders, orderId)
    expect(order.state === 'broken' && order.witness).toContain('signatures')
    expect(available(buyer.wallet)).toBe(940n)
    expect(deeds()).toEqual(['took 60 sat and never answered'])
  })

  test.each<[string, (reply: Record<string, unknown>) => object]>([
    ['says', (reply) => ({ ...reply, duration_seconds: 200 })],
    [
      'does not say, but ends sooner',
      (reply) => ({ ...reply, expires_at: new Date(Date.parse(String(reply['expires_at'])) - 550_000) }),
    ],
  ])('gives less time than was paid for, which it %s', async (_how, change) => {
    buyer = await openTestBuyer(withoutQuote)
    changeReplies(change)
    await buy()
    expect(state()).toBe('ready')
    expect(deeds()).toEqual([expect.stringMatching(/^gave \S+ for the price of 10m$/)])
    expect(buyer.client.notes.join()).toMatch(/for the price of 10m: paygress stop \S+ brings/)
  })

  test('gives less back at a stop than was not used', async () => {
    buyer = await openTestBuyer()
    await buy({ alias: 'mine' })
    await stopPod(buyer.client, 'mine', { signal })
    expect(deeds()).toEqual(['gave 10 sat back for 9m that were not used'])
  })

  test('answers with a pod that does not exist: what to do is said, and the stop is refused to its harm', async () => {
    buyer = await openTestBuyer()
    const client = { ...buyer.client, ssh: { answers: async () => false } }
    const wish = buyWish({ orderId, alias: 'mine', wait: true })
    const bought = await buyPod(client, wish, { signal })
    expect(bought).toMatchObject({ outcome: 'served', sshAnswered: false })
    expect(buyer.client.notes.join()).toMatch(/does not answer yet.*paygress stop \S+ brings the unused time/)
    expect(deeds()).toEqual([])
    buyer.provider.script = 'untouched'
    changeReplies((reply) => ({ ...reply, error_type: 'pod_not_found' }))
    expect((await failure(stopPod(buyer.client, 'mine', { signal }))).exitCode).toBe(6)
    expect(deeds()).toEqual(['knew nothing of a pod that it had sold'])
  })
})

describe('an honest provider is not remembered for', () => {
  test.each<[string, Script, string, bigint]>([
    ['a machine that it sold', 'serve', 'expired', 940n],
    ['a refusal that releases the payment', 'released', 'reclaimed', 1_000n],
    ['a refusal that refunds it', 'refunded', 'refunded', 1_000n],
    ['a refusal that leaves it untouched', 'untouched', 'reclaimed', 1_000n],
    ['being away, so that the payment came back after its lock', 'silent', 'reclaimed', 1_000n],
  ])('%s', async (_what, script, end, sat) => {
    await playOut(script)
    expect(state()).toBe(end)
    expect(available(buyer.wallet)).toBe(sat)
    expect(deeds()).toEqual([])
  })
})

test.each(['refunded', 'serve'] as const)(
  'an honest provider at a dear mint is not remembered for the fees (%s)',
  async (script) => {
    await playOut(script, 400)
    expect(state()).toBe(script === 'serve' ? 'expired' : 'refunded')
    expect(available(buyer.wallet)).toBeLessThan(998n)
    expect(deeds()).toEqual([])
  },
)

describe('whoever broke its word', () => {
  test('is not rented from by itself, and with a warning where it is named', async () => {
    await playOut('capture-silently')
    buyer.provider.script = 'serve'
    const next = parseOrderId('o2')
    const error = await failure(buy({ orderId: next }))
    expect(error).toMatchObject({ code: 'no_offer' })
    expect(error.message).toContain('coral broke its word towards you: it took 60 sat and never answered')
    expect(error.hint).toMatch(/^--provider npub1\S+ rents from it all the same$/)
    expect(available(buyer.wallet)).toBe(940n)
    expect((await buy({ orderId: next, provider: 'coral' })).outcome).toBe('served')
    expect(buyer.client.notes).toContain(
      'careful: coral broke its word towards you: it took 60 sat and never answered (order o1)',
    )
  })
})

describe.each([
  ['ahead', 3_600],
  ['behind', -3_600],
])('with a clock that is an hour %s, which is nobody’s fault,', (_how, clockAheadSec) => {
  test('an honest provider is not remembered for what it gives', async () => {
    buyer = await openTestBuyer({ clockAheadSec })
    await buy({ alias: 'mine' })
    expect(state()).toBe('ready')
    expect(deeds()).toEqual([])
  })

  test('one whose machine ends too soon is', async () => {
    buyer = await openTestBuyer({ ...withoutQuote, clockAheadSec })
    changeReplies((reply) => ({
      ...reply,
      duration_seconds: undefined,
      expires_at: new Date(Date.parse(String(reply['expires_at'])) - 550_000),
    }))
    await buy()
    expect(deeds()).toEqual([expect.stringMatching(/^gave \S+ for the price of 10m$/)])
  })
})

describe('whoever knows nothing of a pod that it sold', () => {
  /** What is held against it for saying so this long after a purchase of ten minutes. */
  const heldAfter = async (seconds: number): Promise<string[]> => {
    await buy({ alias: 'mine' })
    buyer.provider.script = 'untouched'
    changeReplies((reply) => ({ ...reply, error_type: 'pod_not_found' }))
    buyer.clock.passSeconds(seconds)
    await failure(stopPod(buyer.client, 'mine', { signal }))
    return deeds()
  }

  test.each([{}, { clockAheadSec: -3_600 }, { mintAheadSec: -600 }])(
    'is remembered where its time is not over (%o)',
    async (clocks) => {
      buyer = await openTestBuyer(clocks)
      expect(await heldAfter(10)).toEqual(['knew nothing of a pod that it had sold'])
    },
  )

  test.each([{}, { clockAheadSec: -3_600 }, { clockAheadSec: 3_600 }])(
    'is not remembered close to the end (%o)',
    async (clocks) => {
      buyer = await openTestBuyer(clocks)
      expect(await heldAfter(400)).toEqual([])
    },
  )

  test.each([{ mintAheadSec: -600 }, { mintAheadSec: -3_600 }])(
    'is not remembered after the end, whatever the clock of the mint says (%o)',
    async (clocks) => {
      buyer = await openTestBuyer(clocks)
      expect(await heldAfter(660)).toEqual([])
    },
  )
})
