// Does our relay hub get private messages through relays that others wrote?
import { randomBytes } from 'node:crypto'
import { generateSecretKey } from 'nostr-tools/pure'
import { afterEach, expect, test } from 'vitest'
import { unixSeconds, type Clock, type Random } from '../../src/core/clock.ts'
import { GIFT_WRAP_KIND, wrapRumor } from '../../src/nostr/gift-wrap.ts'
import { openRelayHub, type RelayHub } from '../../src/nostr/relay-hub.ts'
import { createRumor } from '../../src/nostr/rumor.ts'
import { localSigner } from '../../src/nostr/signer.ts'
import type { NostrEvent } from '../../src/nostr/verify-event.ts'
import { startAuthRelay, startRustRelay } from '../support/peers/relays.ts'
import { requirePeer } from '../support/peers/require-peer.ts'

const clock: Clock = { now: () => Date.now() }
const random: Random = { bytes: (count) => randomBytes(count) }
const hubs: RelayHub[] = []
afterEach(async () => {
  await Promise.all(hubs.splice(0).map((hub) => hub.close()))
})

function openHub() {
  const signer = localSigner(generateSecretKey(), random)
  const hub = openRelayHub({ signer })
  hubs.push(hub)
  return { hub, signer, ofMine: { kinds: [GIFT_WRAP_KIND], '#p': [signer.publicKey] } }
}
type Party = ReturnType<typeof openHub>

async function wrapFor(from: Party, to: Party, content: string): Promise<NostrEvent> {
  const [sender, receiver] = [from.signer.publicKey, to.signer.publicKey]
  const rumor = createRumor({ sender, receiver, content, createdAt: unixSeconds(clock) })
  return wrapRumor(rumor, from.signer, receiver, { clock, random })
}

/** Ids in the order in which they came. */
function inbox({ hub, ofMine }: Party, url: string): string[] {
  const ids: string[] = []
  hub.subscribe([url], () => [ofMine], { onEvent: (event) => ids.push(event.id) })
  return ids
}

const relays = [
  { peer: 'auth-relay', name: 'khatru, challenge on connect', start: () => startAuthRelay() },
  {
    peer: 'auth-relay',
    name: 'khatru, challenge with the refusal',
    start: () => startAuthRelay(['--eager-auth=false']),
  },
  { peer: 'auth-relay', name: 'khatru, AUTH for everything', start: () => startAuthRelay(['--auth', 'all']) },
  {
    peer: 'rust-nostr',
    name: 'LocalRelay, challenge with the refusal',
    start: () => startRustRelay(['--auth-dm']),
  },
  {
    peer: 'rust-nostr',
    name: 'LocalRelay, AUTH for everything',
    start: () => startRustRelay(['--auth-dm', '--auth', 'BOTH']),
  },
] as const

for (const { peer, name, start } of relays) {
  requirePeer(peer)(`our hub on ${name}`, () => {
    test('gets stored and live gift wraps of its own', async () => {
      await using relay = await start()
      const [alice, bob] = [openHub(), openHub()]
      const stored = await wrapFor(alice, bob, 'stored')
      expect(await alice.hub.publish(stored, [relay.url])).toMatchObject({ failed: [] })
      const received = inbox(bob, relay.url)
      await expect.poll(() => received).toEqual([stored.id])
      const live = await wrapFor(alice, bob, 'live')
      await alice.hub.publish(live, [relay.url])
      await expect.poll(() => received).toEqual([stored.id, live.id])
      expect(bob.hub.status()).toMatchObject([{ auth: 'accepted', badEvents: 0 }])
      const { events, relays: answers } = await bob.hub.query([relay.url], [bob.ofMine])
      expect(answers).toMatchObject([{ state: 'done', events: 2 }])
      expect(events.map((event) => event.id).toSorted()).toEqual([stored.id, live.id].toSorted())
    })

    test('hears that the gift wraps of another are not for it', async () => {
      await using relay = await start()
      const [alice, bob, eve] = [openHub(), openHub(), openHub()]
      await alice.hub.publish(await wrapFor(alice, bob, 'secret'), [relay.url])
      const { events, relays: answers } = await eve.hub.query([relay.url], [bob.ofMine])
      expect(events).toEqual([])
      expect(answers).toMatchObject([{ state: 'failed' }])
    })

    test('keeps its subscription over a restart of the relay', async () => {
      await using relay = await start()
      const [alice, bob] = [openHub(), openHub()]
      const received = inbox(bob, relay.url)
      await expect.poll(() => bob.hub.status()).toMatchObject([{ auth: 'accepted' }])
      await relay.kill()
      await expect.poll(() => bob.hub.status()).not.toMatchObject([{ state: 'open' }])
      await relay.restart()
      const wrap = await wrapFor(alice, bob, 'after the restart')
      expect(await alice.hub.publish(wrap, [relay.url])).toMatchObject({ failed: [] })
      await expect.poll(() => received, { timeout: 30_000 }).toEqual([wrap.id])
    })
  })
}

requirePeer('auth-relay')('our hub on a relay with a limit of 16 KiB', () => {
  test('reports a message that is too large, and goes on', async () => {
    await using relay = await startAuthRelay()
    const [alice, bob] = [openHub(), openHub()]
    const large = await wrapFor(alice, bob, 'x'.repeat(12_000))
    expect(JSON.stringify(large).length).toBeGreaterThan(16_384)
    const report = await alice.hub.publish(large, [relay.url], { timeoutMs: 2_000 })
    expect(report).toMatchObject({ ok: [], failed: [{ sent: true }] })
    expect(JSON.stringify(report).length).toBeLessThan(1_000) // the reason does not carry the message
    const small = await wrapFor(alice, bob, 'x'.repeat(100))
    expect(await alice.hub.publish(small, [relay.url])).toMatchObject({ failed: [] })
  })

  test('passes a request of the largest size we send', async () => {
    await using relay = await startAuthRelay()
    const [alice, bob] = [openHub(), openHub()]
    const wrap = await wrapFor(alice, bob, 'x'.repeat(6_500))
    expect(await alice.hub.publish(wrap, [relay.url])).toMatchObject({ failed: [] })
  })

  test.for([
    { flags: ['--min-pow', '10'], prefix: 'pow' },
    { flags: ['--block-kind', '1059'], prefix: 'blocked' },
    { flags: ['--max-content', '100'], prefix: 'invalid' },
  ])('reports why a relay refused: $prefix', async ({ flags, prefix }) => {
    await using relay = await startAuthRelay(flags)
    const [alice, bob] = [openHub(), openHub()]
    const report = await alice.hub.publish(await wrapFor(alice, bob, 'hi'), [relay.url])
    expect(report).toMatchObject({ ok: [], failed: [{ prefix, sent: true }] })
  })
})
