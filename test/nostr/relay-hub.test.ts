// Does one relay that fails, lies or hangs ever cost us an event, a command or the process?
import { afterEach, describe, expect, test } from 'vitest'
import type { Filter } from '../../src/nostr/filter.ts'
import { openRelayHub, type RelayHub, type RelayHubOptions } from '../../src/nostr/relay-hub.ts'
import type { Signer } from '../../src/nostr/signer.ts'
import type { NostrEvent } from '../../src/nostr/verify-event.ts'
import type { RelayOptions } from '../../src/devnet/relay/start-relay.ts'
import {
  closedWith,
  delayed,
  type Faults,
  type FaultyRelay,
  forgedFirst,
  refusing,
  reordered,
  repeated,
  silence,
  startFaultyRelay,
  startSilentPort,
  unusedAddress,
  withoutEose,
} from '../support/faulty-relay.ts'
import { startLeavingRelay } from '../support/leaving-relay.ts'
import { alice, bob, hurry, mallory, message, note, nowSec, until, wrapFor } from './people.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close()
})

function hubOf(options: RelayHubOptions = {}): RelayHub {
  const hub = openRelayHub({ timing: hurry, ...options })
  open.push(hub)
  return hub
}

async function relayWith(faults: Faults = {}, options: RelayOptions = {}): Promise<FaultyRelay> {
  const relay = await startFaultyRelay(faults, options)
  open.push(relay)
  return relay
}

async function silentPort(): Promise<string> {
  const port = await startSilentPort()
  open.push(port)
  return port.url
}

/** Puts events into a relay past its faults. */
async function fill(relay: FaultyRelay, events: readonly NostrEvent[]): Promise<void> {
  const hub = openRelayHub()
  for (const event of events) await hub.publish(event, [relay.inner.url])
  await hub.close()
}

const notes = { kinds: [1] }

describe('publish', () => {
  test('needs one relay of three to be well', async () => {
    const good = await relayWith()
    const event = await note(alice, 'hi')
    const dead = await unusedAddress()
    const hung = await silentPort()
    const report = await hubOf().publish(event, [dead, hung, good.url])
    expect(report.ok).toEqual([good.url])
    expect(report.failed.map(({ url, sent }) => ({ url, sent }))).toEqual([
      { url: dead, sent: false },
      { url: hung, sent: false },
    ])
  })

  test('goes on with the slower relays after the first OK', async () => {
    const [fast, slow] = [await relayWith(), await relayWith(delayed(100))]
    const accepted: string[] = []
    const event = await note(alice, 'hi')
    const report = await hubOf().publish(event, [fast.url, slow.url], { onOk: (url) => accepted.push(url) })
    expect(report.ok).toEqual([fast.url])
    await until(() => accepted.length === 2)
    expect(accepted).toEqual([fast.url, slow.url])
  })

  test('is through at the first failure of a relay that is tried once, which then makes room for another', async () => {
    const good = await relayWith()
    const hub = hubOf({ maxRelays: 1 })
    const event = await note(alice, 'hi')
    const dead = await unusedAddress()
    const report = await hub.publish(event, [dead], { once: true, timeoutMs: 60_000 })
    expect(report.failed).toMatchObject([{ url: dead, prefix: 'down' }])
    expect((await hub.publish(event, [good.url], { once: true })).ok).toEqual([good.url])
  })

  test('says that too many relays are in use while each of them is', async () => {
    const hung = await silentPort()
    const hub = hubOf({ maxRelays: 1 })
    const event = await note(alice, 'hi')
    const waiting = hub.publish(event, [hung])
    expect((await hub.publish(event, [await unusedAddress()])).failed).toMatchObject([{ prefix: 'busy' }])
    await hub.close()
    await waiting
  })

  test('waits for as many OKs as asked for', async () => {
    const relays = [await relayWith(), await relayWith(delayed(50))]
    const urls = relays.map(({ url }) => url)
    const report = await hubOf().publish(await note(alice, 'hi'), urls, { minOk: 2 })
    expect(report).toEqual({ ok: urls, failed: [] })
  })

  test.each([
    'blocked',
    'invalid',
    'restricted',
    'rate-limited',
    'error',
    'pow',
    'mute',
    'auth-required',
  ] as const)('says which prefix a refusal had: %s', async (prefix) => {
    const relay = await relayWith(refusing(`${prefix}: no`))
    const report = await hubOf().publish(await note(alice, 'hi'), [relay.url])
    expect(report).toEqual({
      ok: [],
      failed: [{ url: relay.url, reason: `${prefix}: no`, prefix, sent: true }],
    })
  })

  test('counts a duplicate as accepted', async () => {
    const relay = await relayWith(refusing('duplicate: have it'))
    expect(await hubOf().publish(await note(alice, 'hi'), [relay.url])).toEqual({
      ok: [relay.url],
      failed: [],
    })
  })

  test('says at the time-out that a silent relay was given the event', async () => {
    const relay = await relayWith(silence)
    const report = await hubOf().publish(await note(alice, 'hi'), [relay.url], { timeoutMs: 600 })
    expect(report.failed).toEqual([
      { url: relay.url, reason: 'no answer in time', prefix: 'timeout', sent: true },
    ])
  })

  test('gives nothing to a relay that has said good-bye, though its connection is still there', async () => {
    const relay = await startLeavingRelay()
    open.push(relay)
    const hub = hubOf()
    const sent = async (): Promise<boolean | undefined> => {
      const report = await hub.publish(await note(alice, 'hi'), [relay.url], { timeoutMs: 300 })
      return report.failed[0]?.sent
    }
    expect(await sent()).toBe(true)
    await relay.sayGoodbye()
    expect(await sent()).toBe(false)
  })

  test('sends again when the relay dies before its OK and comes back', async () => {
    let cuts = 1
    const relay = await relayWith({
      toRelay: (frame, client) => {
        if (frame[0] !== 'EVENT' || cuts-- <= 0) return [frame]
        client.cut()
        return []
      },
    })
    const report = await hubOf().publish(await note(alice, 'hi'), [relay.url])
    expect(report.ok).toEqual([relay.url])
    expect(relay.connections).toBe(2)
  })

  test('authenticates when a relay wants that for writing', async () => {
    let authenticated = false
    const relay = await relayWith(
      {
        toRelay: (frame, client) => {
          if (frame[0] === 'AUTH') authenticated = true
          if (frame[0] !== 'EVENT' || authenticated) return [frame]
          client.send(['OK', (frame[1] as NostrEvent).id, false, 'auth-required: who are you?'])
          client.send(['AUTH', 'later'])
          return []
        },
        toClient: (frame) => (frame[0] === 'OK' ? [[frame[0], frame[1], true, '']] : [frame]),
      },
      { auth: true, eagerAuth: false },
    )
    const report = await hubOf({ signer: alice }).publish(await note(alice, 'hi'), [relay.url])
    expect(report.ok).toEqual([relay.url])
  })

  test('with an address that is none is a usage error', async () => {
    await expect(hubOf().publish(await note(alice, 'hi'), ['http://x'])).rejects.toMatchObject({
      code: 'usage',
    })
  })

  test('goes nowhere where a name leads to an address that is not to be visited', async () => {
    const relay = await relayWith()
    const named = relay.url.replace('127.0.0.1', 'localhost')
    const event = await note(alice, 'hi')
    const led: string[] = []
    const outcome = async (allowed: boolean) => {
      const mayLeadTo = (_url: string, address: string) => led.push(address) > 0 && allowed
      return hubOf({ mayLeadTo }).publish(event, [named], { timeoutMs: 1_000 })
    }
    expect(await outcome(false)).toMatchObject({
      ok: [],
      failed: [{ sent: false, reason: 'the name leads to an address that is not to be visited' }],
    })
    expect((await hubOf().query([relay.url], [notes])).events).toEqual([])
    expect((await outcome(true)).ok).toEqual([named])
    expect(led).toContain('127.0.0.1')
  })

  test('is over at once when the hub closes', async () => {
    const hub = hubOf()
    const report = hub.publish(await note(alice, 'hi'), [await silentPort()])
    await hub.close()
    expect((await report).failed).toMatchObject([{ prefix: 'closed', sent: false }])
  })
})

describe('query', () => {
  test('shows the events of the fast relay while another hangs, and ends at the deadline', async () => {
    const event = await note(alice, 'hi')
    const good = await relayWith()
    await fill(good, [event])
    const hung = await silentPort()
    const times: Record<string, number> = {}
    const start = performance.now()
    const result = await hubOf().query([hung, good.url], [notes], {
      timeoutMs: 1_000,
      onEvent: () => (times.event = performance.now() - start),
      onRelayDone: ({ url }) => (times[url] = performance.now() - start),
    })
    expect(result.events).toEqual([event])
    expect(result.relays).toEqual([
      { url: good.url, state: 'done', events: 1 },
      { url: hung, state: 'timeout', events: 0, reason: 'no complete answer in time' },
    ])
    expect(times.event).toBeLessThan(times[hung] ?? 0)
    expect(times[good.url]).toBeLessThan(times[hung] ?? 0)
  })

  test('does not wait for a relay that refuses the connection', async () => {
    const good = await relayWith()
    const dead = await unusedAddress()
    const result = await hubOf().query([dead, good.url], [notes], { timeoutMs: 20_000 })
    expect(result.relays).toContainEqual({
      url: dead,
      state: 'failed',
      events: 0,
      reason: 'connection refused',
    })
  })

  test('merges what several relays have and says who has it', async () => {
    const [one, two] = [await relayWith(), await relayWith()]
    const [a, b, c] = [await note(alice, 'a'), await note(alice, 'b'), await note(alice, 'c')]
    await fill(one, [a, b])
    await fill(two, [b, c])
    const result = await hubOf().query([one.url, two.url], [notes])
    expect(new Set(result.events.map(({ content }) => content))).toEqual(new Set(['a', 'b', 'c']))
    expect(result.servedBy.get(b.id)?.toSorted()).toEqual([one.url, two.url].toSorted())
    expect(result.servedBy.get(c.id)).toEqual([two.url])
  })

  test('pages through a relay that gives 50 at a time, also where many share a second', async () => {
    const relay = await relayWith({}, { limits: { maxLimit: 50 } })
    const events: NostrEvent[] = []
    const now = nowSec()
    for (let i = 0; i < 130; i += 1) events.push(await note(alice, `n${i}`, now - Math.floor(i / 40)))
    await fill(relay, events)
    const result = await hubOf().query([relay.url], [notes])
    expect(new Set(result.events.map(({ id }) => id))).toEqual(new Set(events.map(({ id }) => id)))
  })

  test('gets below a second that fills a whole page', async () => {
    const relay = await relayWith({}, { limits: { maxLimit: 50 } })
    const now = nowSec()
    const events: NostrEvent[] = []
    for (let i = 0; i < 60; i += 1) events.push(await note(alice, `n${i}`, i < 50 ? now : now - 5))
    await fill(relay, events)
    expect((await hubOf().query([relay.url], [notes])).events).toHaveLength(60)
  })

  test('does not wait for the back-off of a relay that was down a moment ago', async () => {
    const relay = await relayWith()
    const event = await note(alice, 'hi')
    await fill(relay, [event])
    await relay.die()
    const hub = hubOf({ timing: { ...hurry, reconnect: { firstMs: 60_000, maxMs: 60_000 } } })
    expect((await hub.query([relay.url], [notes])).relays).toMatchObject([{ state: 'failed' }])
    await relay.comeBack()
    expect((await hub.query([relay.url], [notes], { timeoutMs: 3_000 })).events).toEqual([event])
  })

  test('keeps to a limit that was asked for', async () => {
    const relay = await relayWith()
    const events = await Promise.all([1, 2, 3].map((i) => note(alice, `n${i}`, nowSec() - i)))
    await fill(relay, events)
    const result = await hubOf().query([relay.url], [{ ...notes, limit: 2 }])
    expect(result.events.map(({ content }) => content)).toEqual(['n1', 'n2'])
  })

  test('ends at the deadline without an EOSE, with what came', async () => {
    const relay = await relayWith(withoutEose)
    const event = await note(alice, 'hi')
    await fill(relay, [event])
    const result = await hubOf().query([relay.url], [notes], { timeoutMs: 800 })
    expect(result.events).toEqual([event])
    expect(result.relays[0]?.state).toBe('timeout')
  })

  test('stops at the most events wanted', async () => {
    const relay = await relayWith(withoutEose)
    await fill(relay, await Promise.all([1, 2, 3].map((i) => note(alice, `n${i}`))))
    const result = await hubOf().query([relay.url], [notes], { maxEvents: 2 })
    expect(result.events).toHaveLength(2)
  })

  test('takes a forged event with a true id for what it is, and the true one after it', async () => {
    const relay = await relayWith(forgedFirst((event) => ({ ...event, content: 'forged' })))
    const other = await relayWith(forgedFirst((event) => ({ ...event, sig: 'f'.repeat(128) })))
    const event = await note(alice, 'true')
    await fill(relay, [event])
    await fill(other, [event])
    const hub = hubOf()
    const result = await hub.query([relay.url, other.url], [notes])
    expect(result.events).toEqual([event])
    expect(hub.status().every(({ badEvents }) => badEvents >= 1)).toBe(true)
  })

  test('drops genuine events that nobody asked for', async () => {
    const unwanted = await note(mallory, 'buy my coin')
    const relay = await relayWith(forgedFirst(() => unwanted))
    const event = await note(alice, 'hi')
    await fill(relay, [event])
    const result = await hubOf().query([relay.url], [{ kinds: [1], authors: [alice.publicKey] }])
    expect(result.events).toEqual([event])
  })

  test.each([
    ['repeated', repeated(3)],
    ['reordered', reordered()],
    ['delayed', delayed(30)],
  ])('has each event once though they come %s', async (_name, faults) => {
    const relay = await relayWith(faults)
    await fill(relay, await Promise.all(['a', 'b', 'c'].map((text) => note(alice, text))))
    const result = await hubOf().query([relay.url], [notes])
    expect(result.events.map(({ content }) => content).toSorted()).toEqual(['a', 'b', 'c'])
  })

  test('survives frames that are none, and a message over the limit', async () => {
    const junk = ['', '[]', '{', '["EVENT"]', '["EVENT",5,{}]', '["OK",1]', 'null', '["AUTH"]', '[["EOSE"]]']
    const odd = await relayWith({ onConnect: (client) => junk.forEach((text) => client.sendText(text)) })
    const huge = await relayWith({ onConnect: (client) => client.sendText('x'.repeat(300_000)) })
    const event = await note(alice, 'hi')
    await fill(odd, [event])
    const result = await hubOf().query([odd.url, huge.url], [notes], { timeoutMs: 20_000 })
    expect(result.events).toEqual([event])
    expect(result.relays).toContainEqual({
      url: huge.url,
      state: 'failed',
      events: 0,
      reason: 'the relay sent a message that is too large',
    })
  })

  test('asks for private kinds in a REQ of their own', async () => {
    const relay = await relayWith()
    await hubOf({ signer: bob }).query([relay.url], [{ kinds: [1, 1059], '#p': [bob.publicKey] }])
    const asked = relay.received.filter(([type]) => type === 'REQ').map(([, , ...filters]) => filters)
    expect(asked).toEqual([
      [{ kinds: [1059], '#p': [bob.publicKey] }],
      [{ kinds: [1], '#p': [bob.publicKey] }],
    ])
  })
})

describe('subscribe', () => {
  const listen = (hub: RelayHub, relays: string[], filters: () => Filter[] = () => [notes]) => {
    const seen: string[] = []
    const states: string[] = []
    const subscription = hub.subscribe(relays, filters, {
      onEvent: (event) => seen.push(event.content),
      onState: (_url, state) => states.push(state),
    })
    return { seen, states, subscription }
  }

  test('hears what was stored and what comes, once, from many relays', async () => {
    const [one, two] = [await relayWith(), await relayWith(repeated(2))]
    await fill(one, [await note(alice, 'old')])
    const hub = hubOf()
    const { seen, states } = listen(hub, [one.url, two.url])
    await until(() => states.length === 2)
    await hub.publish(await note(alice, 'new'), [one.url, two.url], { minOk: 2 })
    await until(() => seen.length >= 2)
    expect(seen).toEqual(['old', 'new'])
    // The end of what is stored, which one of them repeats.
    expect(states).toEqual(['live', 'live'])
  })

  test('comes back after the relay died, hearing what was published meanwhile with an old date', async () => {
    const relay = await relayWith()
    const { seen, states } = listen(hubOf(), [relay.url])
    await until(() => states.includes('live'))
    await fill(relay, [await note(alice, 'now')])
    await until(() => seen.length === 1)
    await relay.die()
    await until(() => states.includes('down'))
    await fill(relay, [await note(alice, 'dated back', nowSec() - 40 * 3600)])
    await relay.comeBack()
    await until(() => seen.length === 2)
    expect(seen).toEqual(['now', 'dated back'])
  })

  test('keeps trying a relay that is down at first', async () => {
    const relay = await relayWith()
    await relay.die()
    const { seen, states } = listen(hubOf(), [relay.url])
    await until(() => states.filter((state) => state === 'down').length >= 3)
    await fill(relay, [await note(alice, 'hello')])
    await relay.comeBack()
    await until(() => seen.length === 1)
    expect(seen).toEqual(['hello'])
  })

  test('asks with filters made anew at each connection', async () => {
    const relay = await relayWith()
    let round = 0
    const { states } = listen(hubOf(), [relay.url], () => [{ kinds: [1], since: (round += 1) }])
    await until(() => states.includes('live'))
    relay.cutAll()
    await until(() => states.filter((state) => state === 'live').length === 2)
    const since = relay.received.flatMap(([type, , filter]) =>
      type === 'REQ' ? [(filter as { since: number }).since] : [],
    )
    expect(since).toHaveLength(2)
    expect(since[1]).toBeGreaterThan(since[0] ?? 0)
  })

  test('is not silenced by an event from the future', async () => {
    const relay = await relayWith({}, { limits: { maxFutureSec: 1e9 } })
    const hub = hubOf()
    const { seen, states } = listen(hub, [relay.url])
    await until(() => states.includes('live'))
    await hub.publish(await note(alice, 'future', nowSec() + 1e6), [relay.url])
    relay.cutAll()
    await hub.publish(await note(alice, 'present'), [relay.url])
    await until(() => seen.length === 2)
    expect(seen).toEqual(['future', 'present'])
  })

  test.each(['error: try later', 'rate-limited: slow down', 'duplicate: sub id', 'what'])(
    'asks again after CLOSED %s',
    async (reason) => {
      const relay = await relayWith(closedWith(reason, 2))
      await fill(relay, [await note(alice, 'hi')])
      const { seen, states } = listen(hubOf(), [relay.url])
      await until(() => seen.length === 1)
      expect(states.filter((state) => state === 'refused')).toHaveLength(2)
      expect(relay.connections).toBe(1)
    },
  )

  test.each(['blocked: no', 'restricted: no', 'invalid: no', 'pow: 20', 'mute: no', 'auth-required: no'])(
    'leaves a relay alone on this connection after CLOSED %s, and hears the others',
    async (reason) => {
      const [bad, good] = [await relayWith(closedWith(reason)), await relayWith()]
      await fill(good, [await note(alice, 'hi')])
      const { seen, states } = listen(hubOf(), [bad.url, good.url])
      await until(() => seen.length === 1 && states.includes('refused'))
      await new Promise((resolve) => setTimeout(resolve, 150))
      expect(bad.received.filter(([type]) => type === 'REQ')).toHaveLength(1)
    },
  )

  test('asks again much later, since a connection lasts for months', async () => {
    const relay = await relayWith(closedWith('restricted: no', 5))
    await fill(relay, [await note(alice, 'hi')])
    const { seen } = listen(hubOf({ timing: { ...hurry, forbiddenMs: 30 } }), [relay.url])
    await until(() => seen.length === 1)
    expect(relay.connections).toBe(1)
  })

  test('notices a relay that stopped answering pings', async () => {
    const relay = await relayWith()
    const { states } = listen(hubOf({ timing: { ...hurry, pingMs: 50, pongMs: 100 } }), [relay.url])
    await until(() => states.includes('live'))
    // A stopped reader answers no ping, just as a cable that was pulled.
    relay.freeze()
    await until(() => states.includes('down'))
    relay.thaw()
    await until(() => states.filter((state) => state === 'live').length === 2)
    expect(states).toEqual(expect.arrayContaining(['live', 'down']))
  })

  test('leaves a relay alone that sends nothing but forgeries', async () => {
    const event = await note(alice, 'hi')
    const relay = await relayWith({
      toRelay: (frame, client) => {
        if (frame[0] === 'REQ')
          for (let i = 0; i < 300; i += 1) client.send(['EVENT', frame[1], { ...event, content: `${i}` }])
        return []
      },
    })
    const { states, seen } = listen(hubOf(), [relay.url])
    await until(() => states.includes('down'))
    expect(seen).toEqual([])
  })

  test('hears nothing any more once it is closed, and the relay is told', async () => {
    const relay = await relayWith()
    const hub = hubOf()
    const { seen, states, subscription } = listen(hub, [relay.url])
    await until(() => states.includes('live'))
    subscription.close()
    await hub.publish(await note(alice, 'late'), [relay.url])
    expect(seen).toEqual([])
    expect(relay.received.map(([type]) => type)).toContain('CLOSE')
  })
})

describe('AUTH', () => {
  const inbox = () => [{ kinds: [1059], '#p': [bob.publicKey] }]

  test.each([
    ['with the connection', true],
    ['only with the refusal', false],
  ])('is answered when the challenge comes %s, and again after a reconnect', async (_name, eagerAuth) => {
    const relay = await relayWith({}, { auth: true, eagerAuth })
    const wrap = await wrapFor(bob, message(alice, bob, 'one'), alice)
    await fill(relay, [wrap])
    const seen: string[] = []
    const hub = hubOf({ signer: bob })
    hub.subscribe([relay.url], inbox, { onEvent: (event) => seen.push(event.id) })
    await until(() => seen.length === 1)
    relay.cutAll()
    const second = await wrapFor(bob, message(alice, bob, 'two'), alice)
    await fill(relay, [second])
    await until(() => seen.length === 2)
    expect(seen).toEqual([wrap.id, second.id])
  })

  test.each([true, false])(
    'lets a query see private events (challenge on connect: %s)',
    async (eagerAuth) => {
      const relay = await relayWith({}, { auth: true, eagerAuth })
      const wrap = await wrapFor(bob, message(alice, bob, 'one'), alice)
      await fill(relay, [wrap])
      expect((await hubOf({ signer: bob }).query([relay.url], inbox())).events).toEqual([wrap])
    },
  )

  test('is given before the answer counts where a relay withholds without a word', async () => {
    let known = false
    const relay = await relayWith({
      onConnect: (client) => client.send(['AUTH', 'who?']),
      toRelay: (frame, client) => {
        if (frame[0] !== 'AUTH') return [frame]
        setTimeout(() => {
          known = true
          client.send(['OK', (frame[1] as NostrEvent).id, true, ''])
        }, 50)
        return []
      },
      toClient: (frame) => (frame[0] === 'EVENT' && !known ? [] : [frame]),
    })
    const wrap = await wrapFor(bob, message(alice, bob, 'one'), alice)
    await fill(relay, [wrap])
    expect((await hubOf({ signer: bob }).query([relay.url], inbox())).events).toEqual([wrap])
  })

  test('that is never confirmed does not hold up a query', async () => {
    const relay = await relayWith({
      onConnect: (client) => client.send(['AUTH', 'who?']),
      toRelay: (frame) => (frame[0] === 'AUTH' ? [] : [frame]),
    })
    const wrap = await wrapFor(bob, message(alice, bob, 'one'), alice)
    await fill(relay, [wrap])
    const result = await hubOf({ signer: bob, timing: { ...hurry, authMs: 200 } }).query([relay.url], inbox())
    expect(result.relays).toEqual([{ url: relay.url, state: 'done', events: 1 }])
  })

  test('after which the relay hangs up is tried again and costs no other relay', async () => {
    const bad = await relayWith({
      onConnect: (client) => client.send(['AUTH', 'who?']),
      toRelay: (frame, client) => {
        if (frame[0] === 'AUTH') client.cut()
        return [frame]
      },
    })
    const good = await relayWith({}, { auth: true })
    const wrap = await wrapFor(bob, message(alice, bob, 'one'), alice)
    await fill(good, [wrap])
    const seen: string[] = []
    hubOf({ signer: bob }).subscribe([bad.url, good.url], inbox, { onEvent: (event) => seen.push(event.id) })
    await until(() => bad.connections > 1 && seen.length === 1)
    expect(seen).toEqual([wrap.id])
  })

  test('works after any number of reconnects', async () => {
    const relay = await relayWith({}, { auth: true })
    const seen: string[] = []
    hubOf({ signer: bob }).subscribe([relay.url], inbox, { onEvent: (event) => seen.push(event.id) })
    const wraps: string[] = []
    for (let round = 0; round < 8; round += 1) {
      const wrap = await wrapFor(bob, message(alice, bob, `${round}`), alice)
      wraps.push(wrap.id)
      await fill(relay, [wrap])
      await until(() => seen.length === wraps.length)
      relay.cutAll()
    }
    expect(seen).toEqual(wraps)
  })

  test('is refused by the relay to another key, finally', async () => {
    const relay = await relayWith({}, { auth: true })
    const result = await hubOf({ signer: mallory }).query([relay.url], inbox())
    expect(result.relays).toMatchObject([{ state: 'failed', reason: expect.stringContaining('restricted') }])
  })

  test('that is asked for without end is answered a few times', async () => {
    const relay = await relayWith({
      onConnect: (client) => {
        for (let i = 0; i < 100; i += 1) client.send(['AUTH', `challenge ${i}`])
      },
    })
    let signatures = 0
    const signer: Signer = {
      ...bob,
      sign: (template) => {
        signatures += 1
        return bob.sign(template)
      },
    }
    await hubOf({ signer, timing: { ...hurry, authMs: 100 } }).query([relay.url], [notes])
    expect(signatures).toBeLessThanOrEqual(5)
  })
})

describe('close', () => {
  test('ends at once, whatever the relays do', async () => {
    const hub = openRelayHub({ timing: { ...hurry, handshakeMs: 10_000, goodbyeMs: 100 } })
    const quiet = await relayWith(silence)
    const urls = [await silentPort(), await unusedAddress(), quiet.url]
    hub.subscribe(urls, () => [notes], { onEvent: () => {} })
    const query = hub.query(urls, [notes], { timeoutMs: 60_000 })
    await until(() => hub.status().some(({ state }) => state === 'open'))
    const start = performance.now()
    await hub.close()
    expect(performance.now() - start).toBeLessThan(5_000)
    expect((await query).relays).toHaveLength(3)
  })
})
