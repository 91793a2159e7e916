// Does the devnet relay keep to the NIPs it claims, and stay up whatever it is sent?
import { afterEach, describe, expect, test } from 'vitest'
import { startRelay, type RelayOptions } from '../../../src/devnet/relay/start-relay.ts'
import { localSigner, type Signer } from '../../../src/nostr/signer.ts'
import type { NostrEvent } from '../../../src/nostr/verify-event.ts'
import { alice, bob, mallory, nowSec, random } from '../../nostr/people.ts'
import { talkTo, type Talk } from './talk.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function relayAnd(options: RelayOptions = {}): Promise<{ url: string; talk: () => Promise<Talk> }> {
  const relay = await startRelay(options)
  cleanups.push(() => relay.close())
  const talk = async () => {
    const opened = await talkTo(relay.url)
    cleanups.push(() => opened.close())
    return opened
  }
  return { url: relay.url, talk }
}

const event = (
  kind: number,
  tags: string[][] = [],
  createdAt = nowSec(),
  signer: Signer = alice,
  content = '',
) => signer.sign({ kind, tags, content, created_at: createdAt })

async function publish(talk: Talk, ...events: NostrEvent[]): Promise<unknown[][]> {
  const answers: unknown[][] = []
  for (const each of events) {
    talk.send('EVENT', each)
    answers.push((await talk.upTo('OK')).at(-1) ?? [])
  }
  return answers.map(([, , ...rest]) => rest)
}

async function stored(talk: Talk, ...filters: object[]): Promise<NostrEvent[]> {
  talk.send('REQ', 'q', ...filters)
  const frames = await talk.upTo('EOSE')
  talk.send('CLOSE', 'q')
  return frames.flatMap(([type, , value]) => (type === 'EVENT' ? [value as NostrEvent] : []))
}

describe('storing', () => {
  test('keeps an event and gives it back, newest first', async () => {
    const talk = await (await relayAnd()).talk()
    const [old, young] = [await event(1, [], nowSec() - 9), await event(1)]
    expect(await publish(talk, old, young, old)).toEqual([
      [true, ''],
      [true, ''],
      [true, 'duplicate: already have this event'],
    ])
    expect(await stored(talk, { kinds: [1] })).toEqual([young, old])
  })

  test('never replaces an offer of kind 999', async () => {
    const talk = await (await relayAnd()).talk()
    const offers = [await event(999, [], nowSec() - 1), await event(999)]
    await publish(talk, ...offers)
    expect(await stored(talk, { kinds: [999] })).toHaveLength(2)
  })

  test.each([
    [10_050, []],
    [0, []],
    [30_402, [['d', 'x']]],
  ])('keeps only the newest of kind %i', async (kind, tags) => {
    const talk = await (await relayAnd()).talk()
    const [old, young] = [await event(kind, tags, nowSec() - 9), await event(kind, tags)]
    await publish(talk, old, young)
    expect(await stored(talk, { kinds: [kind] })).toEqual([young])
    expect(await publish(talk, await event(kind, tags, nowSec() - 5))).toEqual([
      [true, 'duplicate: a newer version is stored'],
    ])
  })

  test('keeps addressable events with other d tags and other authors apart', async () => {
    const talk = await (await relayAnd()).talk()
    await publish(
      talk,
      await event(30_402, [['d', 'x']]),
      await event(30_402, [['d', 'y']]),
      await event(30_402, [['d', 'x']], nowSec(), bob),
    )
    expect(await stored(talk, { kinds: [30_402] })).toHaveLength(3)
  })

  test('passes ephemeral events on and stores none', async () => {
    const { talk } = await relayAnd()
    const [one, two] = [await talk(), await talk()]
    one.send('REQ', 'live', { kinds: [25_910] })
    await one.upTo('EOSE')
    const ephemeral = await event(25_910)
    await publish(two, ephemeral)
    expect(await one.next()).toEqual(['EVENT', 'live', ephemeral])
    expect(await stored(two, { kinds: [25_910] })).toEqual([])
  })

  test('drops events when they expire, and takes none that have', async () => {
    let now = Date.now()
    const talk = await (await relayAnd({ clock: { now: () => now } })).talk()
    await publish(talk, await event(1, [['expiration', String(nowSec() + 60)]]))
    expect(await stored(talk, { kinds: [1] })).toHaveLength(1)
    now += 61_000
    expect(await stored(talk, { kinds: [1] })).toEqual([])
    expect(await publish(talk, await event(1, [['expiration', String(nowSec() - 1)]]))).toEqual([
      [false, 'invalid: the event has expired'],
    ])
  })
})

describe('deleting', () => {
  test('removes an event for its author for good, and for nobody else', async () => {
    const talk = await (await relayAnd()).talk()
    const offer = await event(999)
    await publish(talk, offer, await event(5, [['e', offer.id]], nowSec(), mallory))
    expect(await stored(talk, { kinds: [999] })).toEqual([offer])
    await publish(talk, await event(5, [['e', offer.id]]))
    expect(await stored(talk, { kinds: [999] })).toEqual([])
    expect(await publish(talk, offer)).toEqual([[false, 'blocked: the event was deleted']])
  })

  test('removes an address up to the time of the request', async () => {
    const talk = await (await relayAnd()).talk()
    const old = await event(10_050, [], nowSec() - 9)
    await publish(talk, old, await event(5, [['a', `10050:${alice.publicKey}:`]], nowSec() - 5))
    expect(await stored(talk, { kinds: [10_050] })).toEqual([])
    const young = await event(10_050)
    await publish(talk, young)
    expect(await stored(talk, { kinds: [10_050] })).toEqual([young])
  })

  test('removes a gift wrap for its receiver', async () => {
    const talk = await (await relayAnd()).talk()
    const wrap = await event(1059, [['p', bob.publicKey]], nowSec(), localSigner(random.bytes(32), random))
    await publish(talk, wrap, await event(5, [['e', wrap.id]], nowSec(), bob))
    expect(await stored(talk, { kinds: [1059] })).toEqual([])
  })
})

describe('asking', () => {
  test('finds by every part of a filter', async () => {
    const talk = await (await relayAnd()).talk()
    const a = await event(1, [['t', 'x']], nowSec() - 100)
    const b = await event(
      7,
      [
        ['t', 'y'],
        ['p', bob.publicKey],
      ],
      nowSec(),
      bob,
    )
    await publish(talk, a, b)
    const found = async (filter: object) =>
      (await stored(talk, filter)).map(({ id }) => (id === a.id ? 'a' : 'b'))
    expect(await found({ ids: [a.id] })).toEqual(['a'])
    expect(await found({ authors: [bob.publicKey] })).toEqual(['b'])
    expect(await found({ kinds: [1, 2] })).toEqual(['a'])
    expect(await found({ since: nowSec() - 50 })).toEqual(['b'])
    expect(await found({ until: nowSec() - 50 })).toEqual(['a'])
    expect(await found({ since: a.created_at, until: a.created_at })).toEqual(['a'])
    expect(await found({ '#t': ['x', 'y'] })).toEqual(['b', 'a'])
    expect(await found({ '#t': ['y'], '#p': [bob.publicKey] })).toEqual(['b'])
    expect(await found({ '#t': ['x'], '#p': [bob.publicKey] })).toEqual([])
    expect(await found({ limit: 1 })).toEqual(['b'])
    expect(await found({ limit: 0 })).toEqual([])
    expect(await found({})).toEqual(['b', 'a'])
  })

  test('gives each event once though two filters want it', async () => {
    const talk = await (await relayAnd()).talk()
    const a = await event(1)
    await publish(talk, a)
    expect(await stored(talk, { kinds: [1] }, { authors: [alice.publicKey] })).toEqual([a])
  })

  test('goes on with what comes, until closed', async () => {
    const { talk } = await relayAnd()
    const [one, two] = [await talk(), await talk()]
    one.send('REQ', 'live', { kinds: [1] })
    await one.upTo('EOSE')
    const [first, second] = [await event(1), await event(1, [], nowSec(), bob)]
    await publish(two, first, await event(2))
    expect(await one.next()).toEqual(['EVENT', 'live', first])
    one.send('CLOSE', 'live')
    one.send('REQ', 'other', { kinds: [3] })
    await one.upTo('EOSE')
    await publish(two, second)
    expect(await stored(one, { ids: [second.id] })).toEqual([second])
  })
})

describe('limits', () => {
  test('refuses what is forged, from the future or malformed, by its id', async () => {
    const talk = await (await relayAnd()).talk()
    const good = await event(1)
    const other = await event(2)
    const bad = [
      { ...good, content: 'x' },
      { ...good, sig: other.sig },
      { ...good, kind: '1' },
      await event(1, [], nowSec() + 1_000),
    ]
    const answers: unknown[] = []
    for (const each of bad) {
      talk.send('EVENT', each)
      answers.push((await talk.next()).slice(2))
    }
    expect(answers).toEqual([
      [false, "invalid: the event's id is wrong"],
      [false, 'invalid: the signature is wrong'],
      [false, "invalid: the event's shape is wrong"],
      [false, 'invalid: the event is dated in the future'],
    ])
    expect(await stored(talk, {})).toEqual([])
  })

  test('closes subscriptions over their number, with odd names or filters', async () => {
    const talk = await (await relayAnd({ limits: { maxSubscriptions: 1, maxFilters: 2 } })).talk()
    const reasonFor = async (...frame: unknown[]) => {
      talk.send(...frame)
      return (await talk.upTo('CLOSED')).at(-1)?.[2]
    }
    talk.send('REQ', 'first', { kinds: [1] })
    await talk.upTo('EOSE')
    expect(await reasonFor('REQ', 'second', {})).toBe('rate-limited: too many subscriptions')
    expect(await reasonFor('REQ', 'first')).toBe('invalid: wrong number of filters')
    expect(await reasonFor('REQ', 'first', {}, {}, {})).toBe('invalid: wrong number of filters')
    expect(await reasonFor('REQ', 'first', { kinds: ['1'] })).toBe('invalid: a filter has a wrong shape')
    expect(await reasonFor('REQ', 'first', { '#p': 'x' })).toBe('invalid: a filter has a wrong shape')
    expect(await reasonFor('REQ', 'x'.repeat(65), {})).toBe('invalid: the subscription id is too long')
  })

  test('slows down who sends too much', async () => {
    const talk = await (
      await relayAnd({ clock: { now: () => 1e12 }, limits: { maxMessagesPerMinute: 2 } })
    ).talk()
    talk.send('REQ', 'a', {})
    talk.send('REQ', 'b', {})
    talk.send('REQ', 'c', {})
    expect((await talk.upTo('CLOSED')).at(-1)).toEqual(['CLOSED', 'c', 'rate-limited: slow down'])
  })

  test.each([
    '',
    'x',
    '[]',
    '{}',
    'null',
    '["EVENT"]',
    '["REQ"]',
    '["REQ",5]',
    '["NOPE",1]',
    '["EVENT",null]',
    '['.repeat(9_000),
  ])('answers %j with a notice and stays up', async (text) => {
    const talk = await (await relayAnd()).talk()
    talk.sendText(text)
    expect((await talk.next())[0]).toBe('NOTICE')
    expect(await stored(talk, {})).toEqual([])
  })

  test('hangs up on a message over the limit, and serves everybody else', async () => {
    const { talk } = await relayAnd({ limits: { maxMessageBytes: 1_000 } })
    const [rude, other] = [await talk(), await talk()]
    rude.sendText('x'.repeat(2_000))
    await rude.closed
    expect(await stored(other, {})).toEqual([])
  })
})

describe('AUTH', () => {
  const giftFor = (signer: Signer) =>
    event(1059, [['p', signer.publicKey]], nowSec(), localSigner(random.bytes(32), random))
  const login = async (talk: Talk, url: string, challenge: unknown, signer: Signer, change: object = {}) => {
    const tags = [
      ['relay', url],
      ['challenge', String(challenge)],
    ]
    talk.send('AUTH', await signer.sign({ kind: 22_242, created_at: nowSec(), content: '', tags, ...change }))
    return (await talk.upTo('OK')).at(-1)?.slice(2)
  }

  test('shows gift wraps to their receiver only, stored and live', async () => {
    const { url, talk } = await relayAnd({ auth: true })
    const [bobs, mallorys, writer] = [await talk(), await talk(), await talk()]
    const wrap = await giftFor(bob)
    await writer.upTo('AUTH')
    await publish(writer, wrap)
    expect(await login(bobs, url, (await bobs.next())[1], bob)).toEqual([true, ''])
    expect(await login(mallorys, url, (await mallorys.next())[1], mallory)).toEqual([true, ''])
    expect(await stored(bobs, { kinds: [1059], '#p': [bob.publicKey] })).toEqual([wrap])
    expect(await stored(mallorys, { ids: [wrap.id] })).toEqual([])
    mallorys.send('REQ', 'spy', { kinds: [1059], '#p': [bob.publicKey] })
    expect((await mallorys.next()).slice(0, 2)).toEqual(['CLOSED', 'spy'])
    mallorys.send('REQ', 'all', {})
    await mallorys.upTo('EOSE')
    bobs.send('REQ', 'live', { kinds: [1059], '#p': [bob.publicKey] })
    await bobs.upTo('EOSE')
    const [second, public_] = [await giftFor(bob), await event(1)]
    await publish(writer, second, public_)
    expect(await bobs.next()).toEqual(['EVENT', 'live', second])
    expect(await mallorys.next()).toEqual(['EVENT', 'all', public_])
  })

  test('is asked for with the refusal where the relay is not eager', async () => {
    const { talk } = await relayAnd({ auth: true, eagerAuth: false })
    const anybody = await talk()
    expect(await stored(anybody, { kinds: [999] })).toEqual([])
    anybody.send('REQ', 'spy', { kinds: [1059] })
    expect((await anybody.next())[0]).toBe('AUTH')
    expect(await anybody.next()).toMatchObject(['CLOSED', 'spy', expect.stringMatching(/^auth-required:/)])
  })

  test.each([
    [
      'another challenge',
      {
        tags: [
          ['relay', 'URL'],
          ['challenge', 'x'],
        ],
      },
      'invalid: another challenge',
    ],
    [
      'another relay',
      {
        tags: [
          ['relay', 'ws://evil.example'],
          ['challenge', 'CHALLENGE'],
        ],
      },
      'invalid: another relay',
    ],
    ['another kind', { kind: 1 }, 'invalid: not an AUTH event'],
    ['an old date', { created_at: 1_000 }, 'invalid: the AUTH event is too old'],
  ])('with %s is refused', async (_name, change, reason) => {
    const { url, talk } = await relayAnd({ auth: true })
    const anybody = await talk()
    const challenge = String((await anybody.next())[1])
    const filled: object = JSON.parse(
      JSON.stringify(change).replace('URL', url).replace('CHALLENGE', challenge),
    )
    expect(await login(anybody, url, challenge, bob, filled)).toEqual([false, reason])
  })
})

describe('the relay', () => {
  test('describes itself (NIP-11)', async () => {
    const { url } = await relayAnd({ name: 'test relay', auth: true })
    const answer = await fetch(url.replace('ws', 'http'), { headers: { accept: 'application/nostr+json' } })
    expect(answer.headers.get('content-type')).toBe('application/nostr+json')
    expect(await answer.json()).toMatchObject({ name: 'test relay', supported_nips: [1, 9, 11, 40, 42] })
  })

  test('says plainly that its port is taken', async () => {
    const relay = await startRelay()
    cleanups.push(() => relay.close())
    await expect(startRelay({ port: relay.port })).rejects.toMatchObject({
      code: 'failed',
      hint: expect.any(String),
    })
  })

  test('cuts everybody when it stops, and its port is free again', async () => {
    const relay = await startRelay()
    const talk = await talkTo(relay.url)
    await relay.close()
    await talk.closed
    const again = await startRelay({ port: relay.port })
    expect(again.url).toBe(relay.url)
    await again.close()
  })
})
