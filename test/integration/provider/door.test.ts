// A buyer far away: gift wraps over a real relay, and what everybody else sends.
import { randomBytes } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import type { Clock, Random } from '../../../src/core/clock.ts'
import { parseRelayUrl } from '../../../src/core/relay-url.ts'
import { startRelay } from '../../../src/devnet/relay/start-relay.ts'
import { giftWrapDoor } from '../../../src/doors/gift-wrap.ts'
import { relayOfferBoard } from '../../../src/doors/gift-wrap-board.ts'
import { openRelayHub, type RelayHub } from '../../../src/nostr/relay-hub.ts'
import { requestReply, type RequestOutcome } from '../../../src/nostr/request-reply.ts'
import { createRumor } from '../../../src/nostr/rumor.ts'
import { localSigner, type Signer } from '../../../src/nostr/signer.ts'
import { readOfferEvent } from '../../../src/protocol/offer-event.ts'
import type { Door, Incoming, OfferBoard } from '../../../src/provider/ports.ts'
import { quietLog } from '../../support/quiet-log.ts'

const clock: Clock = { now: () => Date.now() }
const random: Random = { bytes: (count) => Uint8Array.from(randomBytes(count)) }
const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

interface Setting {
  relay: string
  door: Door
  board: OfferBoard
  provider: Signer
  handled: Set<string>
  requests: Incoming[]
  buyer: Signer
  hub: RelayHub
  reopen(): Promise<void>
}

async function start(answer: ((request: Incoming) => string) | undefined, minPow = 0): Promise<Setting> {
  const relay = await startRelay()
  closing.push(() => relay.close())
  const url = parseRelayUrl(relay.url)
  const provider = localSigner(random.bytes(32), random)
  const buyer = localSigner(random.bytes(32), random)
  const hubOf = (signer: Signer): RelayHub => {
    const hub = openRelayHub({ signer, clock, random })
    closing.push(() => hub.close())
    return hub
  }
  const handled = new Set<string>()
  const requests: Incoming[] = []
  const log = quietLog()
  const open = async (): Promise<Door> => {
    const door = giftWrapDoor({
      hub: hubOf(provider),
      visitors: hubOf(provider),
      signer: provider,
      relays: [url],
      handled,
      clock,
      random,
      log,
      minPow,
      loopbackOnly: true,
    })
    await door.open(async (request) => {
      requests.push(request)
      const content = answer?.(request)
      if (content !== undefined) await door.deliver(request.address, content)
    })
    return door
  }
  const board = relayOfferBoard({ hub: hubOf(provider), signer: provider, relays: [url], clock, log })
  const door = await open()
  return {
    relay: url,
    door,
    board,
    provider,
    handled,
    requests,
    buyer,
    hub: hubOf(buyer),
    reopen: async () => {
      await open()
    },
  }
}

async function send(
  setting: Setting,
  content: string,
  timeoutMs = 3_000,
  minPow = 0,
): Promise<RequestOutcome> {
  const { buyer, provider, relay, hub } = setting
  const createdAt = Math.floor(Date.now() / 1000)
  const rumor = createRumor({ sender: buyer.publicKey, receiver: provider.publicKey, content, createdAt })
  return requestReply(hub, {
    signer: buyer,
    receiver: provider.publicKey,
    rumor,
    relays: [relay],
    clock,
    random,
    timeoutMs,
    minPow,
  })
}

test('a request arrives with its sender, time and address, and its reply names it', async () => {
  const setting = await start(() => '{"state":"fine"}')
  const outcome = await send(setting, '{"request":"status","pod_id":"x"}')
  expect(outcome).toMatchObject({ state: 'answered', reply: { rumor: { content: '{"state":"fine"}' } } })
  expect(setting.requests).toMatchObject([
    { door: 'gift-wrap', sender: setting.buyer.publicKey, parsed: { ok: true } },
  ])
})

test('a reply goes to the relays that the request names', async () => {
  const setting = await start(() => '{}')
  const elsewhere = await startRelay()
  closing.push(() => elsewhere.close())
  await send(setting, JSON.stringify({ request: 'status', pod_id: 'x', reply_relays: [elsewhere.url] }))
  const filter = { kinds: [1059], '#p': [setting.buyer.publicKey] }
  // A slow machine's buyer asks again, and is answered again.
  await expect
    .poll(async () => (await setting.hub.query([elsewhere.url], [filter])).events)
    .not.toHaveLength(0)
  expect((await setting.hub.query([setting.relay], [filter])).events).toHaveLength(0)
})

test('a reply that none of the named relays takes lies where the request came from', async () => {
  const setting = await start(undefined)
  const nowhere = { request: 'status', pod_id: 'x', reply_relays: ['ws://127.0.0.1:1'] }
  await send(setting, JSON.stringify(nowhere))
  await expect.poll(() => setting.requests.length).toBeGreaterThan(0)
  const [request] = setting.requests
  const deliver = async () => setting.door.deliver(request?.address ?? '', '{}')
  expect(await deliver()).toBe('elsewhere')
  expect(await deliver()).toBe('elsewhere')
  const filter = { kinds: [1059], '#p': [setting.buyer.publicKey] }
  expect((await setting.hub.query([setting.relay], [filter])).events).toHaveLength(1)
}, 30_000)

test('relays elsewhere are never spoken to by a provider on loopback', async () => {
  const setting = await start(() => '{}')
  const outcome = await send(
    setting,
    JSON.stringify({ request: 'status', pod_id: 'x', reply_relays: ['wss://10.1.2.3'] }),
  )
  expect(outcome.state).toBe('answered')
})

test('a wrap that was dealt with is not handed over again after a restart', async () => {
  const setting = await start(() => '{}')
  await send(setting, '{"request":"status","pod_id":"x"}')
  await expect.poll(() => setting.handled.size).toBe(1)
  await setting.door.close()
  await setting.reopen()
  await send(setting, '{"request":"status","pod_id":"y"}')
  expect(setting.requests).toHaveLength(2)
})

test('a wrap without the work that is asked for is dropped', async () => {
  const setting = await start(() => '{}', 8)
  expect((await send(setting, '{"request":"status","pod_id":"x"}', 1_000)).state).toBe('silent')
  expect((await send(setting, '{"request":"status","pod_id":"x"}', 4_000, 8)).state).toBe('answered')
  expect(setting.requests).toHaveLength(1)
})

test('an offer stands on the relay until it is withdrawn, and so does the inbox', async () => {
  const { board, hub, relay, provider } = await start(undefined)
  await board.ready(AbortSignal.timeout(5_000))
  const tags = [
    ['t', 'paygress'],
    ['t', 'offer'],
  ]
  const content = JSON.stringify({ whitelisted_mints: [], pod_specs: [] })
  const first = await board.publish({ content, tags })
  const second = await board.publish({ content, tags })
  expect(first).not.toBe(second)
  await board.publishInbox()
  const authors = [provider.publicKey]
  const found = await hub.query([relay], [{ authors }])
  expect(found.events.map(({ kind }) => kind).toSorted((a, b) => a - b)).toEqual([999, 999, 10_002, 10_050])
  const [offer] = found.events.filter(({ kind }) => kind === 999)
  expect(
    offer === undefined ? undefined : readOfferEvent({ ...offer, pubkey: provider.publicKey }, 2_000_000_000),
  ).toBeDefined()
  await board.withdraw(first ?? '')
  const rest = await hub.query([relay], [{ kinds: [999], authors }])
  expect(rest.events.map(({ id }) => id)).toEqual([second])
})
