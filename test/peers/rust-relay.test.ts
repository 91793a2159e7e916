// How does rust-nostr's relay differ from khatru where the product must cope with both?
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure'
import { expect, test } from 'vitest'
import { authenticate, makeEvent } from '../support/peers/nostr-event.ts'
import { openRawRelayClient } from '../support/peers/raw-relay-client.ts'
import { startRustRelay } from '../support/peers/relays.ts'
import { requirePeer } from '../support/peers/require-peer.ts'

const GIFT_WRAP = 1059

requirePeer('rust-nostr')("rust-nostr's LocalRelay", () => {
  test('challenges only with a refusal and serves gift wraps to their recipient only', async () => {
    await using relay = await startRustRelay(['--auth-dm'])
    const [bob, eve] = [generateSecretKey(), generateSecretKey()]
    const ofBob = { kinds: [GIFT_WRAP], '#p': [getPublicKey(bob)] }
    const wrap = makeEvent({ kind: GIFT_WRAP, tags: [['p', getPublicKey(bob)]] })

    await using own = await openRawRelayClient(relay.url)
    own.send('EVENT', wrap)
    await own.heard('OK', wrap.id, true)
    expect(own.received().map(([type]) => type)).toEqual(['OK'])
    own.send('REQ', 'early', ofBob)
    expect((await own.heard('CLOSED', 'early'))[2]).toMatch(/^auth-required: /)
    expect((await authenticate(own, relay.url, bob))[2]).toBe(true)
    own.send('REQ', 'own', ofBob)
    expect((await own.heard('EVENT', 'own'))[2]).toMatchObject({ id: wrap.id })

    await using foreign = await openRawRelayClient(relay.url)
    foreign.send('REQ', 'early', ofBob)
    await foreign.heard('CLOSED', 'early')
    await authenticate(foreign, relay.url, eve)
    foreign.send('REQ', 'foreign', ofBob)
    expect((await foreign.heard('CLOSED', 'foreign'))[2]).toMatch(/^error: /) // not `restricted:`
  })

  test('takes messages above 16 KiB', async () => {
    await using relay = await startRustRelay()
    await using client = await openRawRelayClient(relay.url)
    const large = makeEvent({ content: 'x'.repeat(17_000) })
    client.send('EVENT', large)
    expect(await client.heard('OK', large.id)).toMatchObject({ 2: true })
  })

  test.for([
    { flags: ['--min-pow', '10'], refusal: 'pow: ' },
    { flags: ['--auth', 'WRITE'], refusal: 'auth-required: ' },
  ])('refuses with `$refusal` under $flags', async ({ flags, refusal }) => {
    await using relay = await startRustRelay(flags)
    await using client = await openRawRelayClient(relay.url)
    const event = makeEvent({})
    client.send('EVENT', event)
    expect((await client.heard('OK', event.id, false))[3]).toMatch(new RegExp(`^${refusal}`))
  })

  test('limits the rate of events when told to', async () => {
    await using relay = await startRustRelay(['--notes-per-minute', '2'])
    await using client = await openRawRelayClient(relay.url)
    for (let index = 0; index < 4; index += 1) client.send('EVENT', makeEvent({ content: `${index}` }))
    const refused = () => client.received().filter(([type, , ok]) => type === 'OK' && ok === false)
    await expect.poll(() => refused()[0]?.[3]).toMatch(/^rate-limited: /)
  })

  test('comes back on the same port without its events', async () => {
    await using relay = await startRustRelay()
    await using before = await openRawRelayClient(relay.url)
    const event = makeEvent({})
    before.send('EVENT', event)
    await before.heard('OK', event.id, true)
    await relay.kill()
    await expect.poll(() => before.isClosed()).toBe(true)
    await relay.restart()
    await using after = await openRawRelayClient(relay.url)
    after.send('REQ', 'gone', { ids: [event.id] })
    await after.heard('EOSE', 'gone')
    expect(after.received()).toEqual([['EOSE', 'gone']])
  })
})
