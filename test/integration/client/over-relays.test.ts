// A purchase over real web sockets and gift wraps, with one of two relays dead.
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buyPod } from '../../../src/client/buy-pod.ts'
import { getOrder } from '../../../src/client/order-journal.ts'
import type { Client } from '../../../src/client/ports.ts'
import { recoverOrders } from '../../../src/client/recover-orders.ts'
import { stopPod } from '../../../src/client/stop-pod.ts'
import { parseOrderId } from '../../../src/core/ids.ts'
import { parseRelayUrl, type RelayUrl } from '../../../src/core/relay-url.ts'
import { startRelay, type RunningRelay } from '../../../src/devnet/relay/start-relay.ts'
import { giftWrapMessenger } from '../../../src/nostr/messenger.ts'
import { offerSource } from '../../../src/nostr/offer-source.ts'
import { openRelayHub, type RelayHub } from '../../../src/nostr/relay-hub.ts'
import { localSigner } from '../../../src/nostr/signer.ts'
import { until } from '../../support/peers/until.ts'
import { openRelayProvider, type RelayProvider } from '../../support/client/relay-provider.ts'
import { ScriptedProvider } from '../../support/client/scripted-provider.ts'
import {
  available,
  buyWish,
  failure,
  offerContent,
  openTestBuyer,
  type TestBuyer,
} from '../../support/client/test-buyer.ts'

const random = { bytes: (count: number) => randomBytes(count) }
const signal = new AbortController().signal
const orderId = parseOrderId('o1')
/** A quote has to come within it, before the provider falls silent. */
const QUOTE_MS = 3_000

let buyer: TestBuyer
let relay: RunningRelay
let hub: RelayHub
let client: Client
let provider: ScriptedProvider
let online: RelayProvider

beforeEach(async () => {
  buyer = await openTestBuyer()
  relay = await startRelay({ clock: buyer.clock, auth: true })
  const gone = await startRelay()
  await gone.close()
  const relays: RelayUrl[] = [parseRelayUrl(gone.url), parseRelayUrl(relay.url)]
  const { clock, mint } = buyer
  const providerSigner = localSigner(random.bytes(32), random)
  provider = new ScriptedProvider({
    publicKey: providerSigner.publicKey,
    wallet: buyer.provider.wallet,
    mint,
    clock,
  })
  online = await openRelayProvider({
    provider,
    signer: providerSigner,
    relays: [relay.url],
    offer: { ...offerContent(mint, provider.wallet.paymentKey().pubkey), relays },
    clock,
  })
  const signer = localSigner(random.bytes(32), random)
  hub = openRelayHub({ signer, clock, random })
  client = {
    ...buyer.client,
    offers: offerSource({ hub, relays, clock, relayDeadlineMs: 2_000 }),
    messenger: giftWrapMessenger({ hub, signer, relays, clock, random }),
  }
})
afterEach(async () => {
  await online.close()
  await hub.close()
  await relay.close()
  await buyer.close()
})

test('a pod is bought and stopped', async () => {
  const result = await buyPod(client, buyWish({ orderId }), { signal })
  expect(result).toMatchObject({ outcome: 'served', order: { state: 'ready' } })
  expect(available(buyer.wallet)).toBe(940n)
  expect(await stopPod(client, buyer.orders.pods()[0]?.name ?? '', { signal })).toMatchObject({
    refundedSat: 10n,
  })
  expect(available(buyer.wallet)).toBe(950n)
})

test('a released payment comes back at once', async () => {
  provider.script = 'released'
  expect((await failure(buyPod(client, buyWish({ orderId }), { signal }))).code).toBe('provider_refused')
  expect(available(buyer.wallet)).toBe(1000n)
})

test('an answer that came while the buyer was away is found by the next command', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  provider.hold = promise
  const error = await failure(buyPod(client, buyWish({ orderId, timeoutMs: QUOTE_MS }), { signal }))
  expect(error).toMatchObject({ code: 'outcome_unknown', exitCode: 7 })
  resolve()
  await online.idle()
  const { recovered } = await recoverOrders(client, { mode: 'quick', signal })
  expect(recovered).toMatchObject([{ from: 'silent', state: 'ready' }])
  expect(buyer.orders.pods()).toHaveLength(1)
})

test('a provider that is silent for ever costs nothing', async () => {
  provider.script = 'silent'
  await failure(buyPod(client, buyWish({ orderId, timeoutMs: QUOTE_MS }), { signal }))
  buyer.clock.passSeconds(1000)
  await recoverOrders(client, { mode: 'full', askAgainMs: 300, signal })
  expect(getOrder(buyer.orders, orderId).state).toBe('reclaimed')
  expect(available(buyer.wallet)).toBe(1000n)
})

test('when all relays die after the quote nothing leaves, and the order says so', async () => {
  const { messenger } = client
  let asked = 0
  const dying: Client = {
    ...client,
    messenger: {
      ...messenger,
      ask: async (...[message, options]) => {
        asked += 1
        if (asked === 2) {
          await relay.close()
          await until('the loss of every relay', () => hub.status().every(({ state }) => state !== 'open'))
        }
        return messenger.ask(message, options)
      },
    },
  }
  const error = await failure(buyPod(dying, buyWish({ orderId, timeoutMs: QUOTE_MS }), { signal }))
  expect(error).toMatchObject({ code: 'relays_unreachable', exitCode: 3 })
  expect(getOrder(buyer.orders, orderId).state).toBe('locked')
})

test('a message too large for two wraps is not sent, and not thought to be', async () => {
  const { messenger } = client
  const ask = async (length: number) => {
    let isPublished = false
    const outcome = await messenger.ask(messenger.compose(messenger.publicKey, 'x'.repeat(length)), {
      relays: [parseRelayUrl(relay.url)],
      minPow: 0,
      timeoutMs: QUOTE_MS,
      signal,
      beforePublish: () => {
        isPublished = true
      },
      onAnswer: () => true,
    })
    return { outcome, isPublished }
  }
  expect(await ask(28_000)).toEqual({ outcome: 'silent', isPublished: true })
  expect(await ask(29_000)).toEqual({ outcome: 'unsent', isPublished: false })
})

test('one order that breaks in an unforeseen way keeps no other from being recovered', async () => {
  provider.script = 'silent'
  const other = parseOrderId('o2')
  for (const id of [orderId, other])
    await failure(buyPod(client, buyWish({ orderId: id, timeoutMs: QUOTE_MS }), { signal }))
  buyer.clock.passSeconds(1000)
  const { messenger } = client
  const breaking: Client = {
    ...client,
    messenger: {
      ...messenger,
      ask: async (message, options) => {
        if (/"o1["\\]/.test(message.text)) throw new RangeError('nobody thought of this')
        return messenger.ask(message, options)
      },
    },
  }
  const { open } = await recoverOrders(breaking, { mode: 'full', askAgainMs: 300, signal })
  expect(open).toMatchObject([{ orderId, text: expect.stringContaining('nobody thought of this') }])
  expect(getOrder(buyer.orders, other).state).toBe('reclaimed')
})
