// Does the khatru relay guard gift wraps and keep its limits, as the product's tests rely on?
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure'
import { expect, test } from 'vitest'
import { authenticate, makeEvent } from '../support/peers/nostr-event.ts'
import { openRawRelayClient } from '../support/peers/raw-relay-client.ts'
import { startAuthRelay } from '../support/peers/relays.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'

const GIFT_WRAP = 1059
const nowSec = () => Math.floor(Date.now() / 1000)

requirePeer('auth-relay')('auth-relay (khatru)', () => {
  test('challenges on connect and serves gift wraps to their recipient only', async () => {
    await using relay = await startAuthRelay()
    const [bob, eve] = [generateSecretKey(), generateSecretKey()]
    const wrap = makeEvent({ kind: GIFT_WRAP, tags: [['p', getPublicKey(bob)]] })
    const live = makeEvent({ kind: GIFT_WRAP, tags: [['p', getPublicKey(bob)]], content: 'live' })
    const ofBob = { kinds: [GIFT_WRAP], '#p': [getPublicKey(bob)] }

    await using sender = await openRawRelayClient(relay.url)
    sender.send('EVENT', wrap)
    await sender.heard('OK', wrap.id, true)
    sender.send('REQ', 'early', ofBob)
    expect((await sender.heard('CLOSED', 'early'))[2]).toMatch(/^auth-required: /)

    await using foreign = await openRawRelayClient(relay.url)
    await authenticate(foreign, relay.url, eve)
    foreign.send('REQ', 'foreign', ofBob)
    expect((await foreign.heard('CLOSED', 'foreign'))[2]).toMatch(/^restricted: /)
    foreign.send('REQ', 'by-id', { ids: [wrap.id, live.id] })
    await foreign.heard('EOSE', 'by-id')

    await using own = await openRawRelayClient(relay.url)
    expect((await authenticate(own, relay.url, bob))[2]).toBe(true)
    own.send('REQ', 'own', ofBob)
    expect((await own.heard('EVENT', 'own'))[2]).toMatchObject({ id: wrap.id })
    await own.heard('EOSE', 'own')

    sender.send('EVENT', live)
    expect((await own.heard('EVENT', 'own'))[2]).toMatchObject({ id: live.id })
    const late = makeEvent({ content: 'public' })
    foreign.send('EVENT', late)
    await foreign.heard('OK', late.id, true) // whatever the relay had for it before came before this
    expect(foreign.received().filter(([type]) => type === 'EVENT')).toEqual([])
  })

  test('refuses an AUTH that names another relay', async () => {
    await using relay = await startAuthRelay()
    await using client = await openRawRelayClient(relay.url)
    const answer = await authenticate(client, 'wss://other.example', generateSecretKey())
    expect(answer[2]).toBe(false)
  })

  test('with --eager-auth=false challenges only together with a refusal', async () => {
    await using relay = await startAuthRelay(['--eager-auth=false'])
    await using client = await openRawRelayClient(relay.url)
    client.send('REQ', 'offers', { kinds: [999] })
    await client.heard('EOSE', 'offers')
    expect(client.received().map(([type]) => type)).toEqual(['EOSE'])
    client.send('REQ', 'mine', { kinds: [GIFT_WRAP] })
    await client.heard('CLOSED', 'mine')
    await client.heard('AUTH')
  })

  test('closes the connection without an OK above 16 KiB', async () => {
    await using relay = await startAuthRelay()
    await using client = await openRawRelayClient(relay.url)
    const fits = makeEvent({ content: 'x'.repeat(15_000) })
    client.send('EVENT', fits)
    await client.heard('OK', fits.id, true)
    client.send('EVENT', makeEvent({ content: 'x'.repeat(17_000) }))
    await expect.poll(() => client.isClosed()).toBe(true)
    expect(client.received().filter(([type]) => type === 'OK')).toHaveLength(1)
  })

  test.for([
    { flags: ['--min-pow', '10'], event: {}, refusal: 'pow: ' },
    { flags: ['--block-kind', '999'], event: { kind: 999 }, refusal: 'blocked: ' },
    { flags: ['--max-content', '10'], event: { content: 'more than ten' }, refusal: 'invalid: ' },
    { flags: ['--auth', 'all'], event: {}, refusal: 'auth-required: ' },
    { flags: [], event: { created_at: nowSec() + 3600 }, refusal: 'invalid: ' },
  ])('refuses with `$refusal` under $flags', async ({ flags, event: template, refusal }) => {
    await using relay = await startAuthRelay(flags)
    await using client = await openRawRelayClient(relay.url)
    const event = makeEvent(template)
    client.send('EVENT', event)
    expect((await client.heard('OK', event.id, false))[3]).toMatch(new RegExp(`^${refusal}`))
  })

  test('limits the rate of events', async () => {
    await using relay = await startAuthRelay(['--event-rate', '1'])
    await using client = await openRawRelayClient(relay.url)
    for (let index = 0; index < 5; index += 1) client.send('EVENT', makeEvent({ content: `${index}` }))
    const refused = () => client.received().filter(([type, , ok]) => type === 'OK' && ok === false)
    await expect.poll(() => refused()[0]?.[3]).toMatch(/^rate-limited: /)
  })

  test('comes back on the same port, with --dir together with its events', async () => {
    await using relay = await startAuthRelay(['--dir', temporaryFolder('badger')])
    const event = makeEvent({})
    await using before = await openRawRelayClient(relay.url)
    before.send('EVENT', event)
    await before.heard('OK', event.id, true)
    const pid = relay.pid
    await relay.restart()
    expect(relay.pid).not.toBe(pid)
    await expect.poll(() => before.isClosed()).toBe(true)
    await using after = await openRawRelayClient(relay.url)
    after.send('REQ', 'kept', { ids: [event.id] })
    expect((await after.heard('EVENT', 'kept'))[2]).toMatchObject({ id: event.id })
  })
})
