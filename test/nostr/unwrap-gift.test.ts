// Does a message from outside only get in if it is genuine, for us and of our time?
import { wrapEvent, unwrapEvent } from 'nostr-tools/nip59'
import { describe, expect, test } from 'vitest'
import { BACKDATE_SEC, wrapRumor } from '../../src/nostr/gift-wrap.ts'
import { createRumor } from '../../src/nostr/rumor.ts'
import { signWith, type Signer } from '../../src/nostr/signer.ts'
import { unwrapGift } from '../../src/nostr/unwrap-gift.ts'
import { eventId, type NostrEvent } from '../../src/nostr/verify-event.ts'
import { alice, bob, clock, mallory, message, nowSec, person, random, secretKey, wrapFor } from './people.ts'

const open = (wrap: unknown, maxAgeSec?: number) =>
  unwrapGift(wrap, bob, { clock, ...(maxAgeSec === undefined ? {} : { maxAgeSec }) })
const fault = (name: string) => ({ ok: false, fault: name })
const reread = (event: NostrEvent): Record<string, unknown> => JSON.parse(JSON.stringify(event))

/** A wrap around any seal-like value. */
async function wrapAnything(inner: unknown, to: Signer = bob): Promise<NostrEvent> {
  const throwAway = person('throw-away')
  return throwAway.sign({
    kind: 1059,
    created_at: nowSec(),
    tags: [['p', to.publicKey]],
    content: await throwAway.nip44Encrypt(to.publicKey, JSON.stringify(inner)),
  })
}

/** A genuine seal of `by` around any rumor-like value, wrapped. */
async function sealAnything(rumor: unknown, by: Signer = alice, change: object = {}): Promise<NostrEvent> {
  const content = await by.nip44Encrypt(bob.publicKey, JSON.stringify(rumor))
  return wrapAnything(await by.sign({ kind: 13, created_at: nowSec(), tags: [], content, ...change }))
}

describe('a gift wrap of ours', () => {
  test('comes out as it went in', async () => {
    const rumor = message(alice, bob, '{"request":"quote"}')
    const wrap = await wrapFor(bob, rumor, alice)
    expect(await open(reread(wrap))).toEqual({
      ok: true,
      gift: { wrapId: wrap.id, sender: alice.publicKey, rumor },
    })
  })

  test('shows neither sender nor time, and never twice the same', async () => {
    const rumor = message(alice, bob, 'secret')
    const [first, second] = [await wrapFor(bob, rumor, alice), await wrapFor(bob, rumor, alice)]
    expect(first.kind).toBe(1059)
    expect(first.tags).toEqual([['p', bob.publicKey]])
    expect(JSON.stringify(first)).not.toContain(alice.publicKey)
    expect(new Set([first.pubkey, second.pubkey, alice.publicKey]).size).toBe(3)
    expect(first.created_at).toBeLessThanOrEqual(nowSec())
    expect(first.created_at).toBeGreaterThanOrEqual(nowSec() - BACKDATE_SEC - 5)
  })

  test('is dated anywhere in the last two days', async () => {
    const rumor = message(alice, bob, 'when?')
    const wraps = await Promise.all(Array.from({ length: 12 }, () => wrapFor(bob, rumor, alice)))
    const ages = wraps.map((wrap) => nowSec() - wrap.created_at)
    expect(Math.max(...ages) - Math.min(...ages)).toBeGreaterThan(BACKDATE_SEC / 4)
    expect(Math.max(...ages)).toBeLessThan(BACKDATE_SEC + 5)
  })

  test('is read by nostr-tools, and we read theirs', async () => {
    const rumor = message(alice, bob, 'over there')
    const wrap = await wrapFor(bob, rumor, alice)
    expect(unwrapEvent(JSON.parse(JSON.stringify(wrap)), secretKey('bob'))).toEqual(rumor)
    const template = { kind: 14, content: 'over here', tags: [['p', bob.publicKey]], created_at: nowSec() }
    const foreign = await open(wrapEvent(template, secretKey('alice'), bob.publicKey))
    expect(foreign).toMatchObject({ ok: true, gift: { sender: alice.publicKey, rumor: template } })
  })

  test('keeps the rumor’s id when it is wrapped again', async () => {
    const rumor = message(alice, bob, 'again')
    const results = await Promise.all(
      [wrapFor(bob, rumor, alice), wrapFor(bob, rumor, alice)].map(async (w) => open(await w)),
    )
    expect(results.map((result) => result.ok && result.gift.rumor.id)).toEqual([rumor.id, rumor.id])
  })

  test('cannot be made for somebody else’s rumor', async () => {
    await expect(wrapFor(bob, message(alice, bob, 'x'), mallory)).rejects.toThrow('own sender')
  })
})

describe('a hostile wrap', () => {
  test.each([null, undefined, 5, 'wrap', [], {}, { kind: 1 }, { kind: 14 }])(
    '%j is no gift',
    async (value) => {
      expect(await open(value)).toEqual(fault('not-a-gift'))
    },
  )

  test('of the right kind and nothing else is malformed', async () => {
    expect(await open({ kind: 1059 })).toEqual(fault('malformed'))
  })

  test('for somebody else is not opened', async () => {
    expect(await open(await wrapFor(mallory, message(alice, mallory, 'x'), alice))).toEqual(
      fault('not-for-us'),
    )
  })

  test('that has expired is not opened any more', async () => {
    const rumor = message(alice, bob, 'x')
    const wrapUntil = (expiresAt: number) =>
      wrapRumor(rumor, alice, bob.publicKey, { clock, random, expiresAt })
    expect(await open(await wrapUntil(nowSec() - 1))).toEqual(fault('expired'))
    expect(await open(await wrapUntil(nowSec() + 60))).toMatchObject({ ok: true })
  })

  test('with a changed tag is forged', async () => {
    const wrap = reread(await wrapFor(mallory, message(alice, mallory, 'x'), alice))
    expect(await open({ ...wrap, tags: [['p', bob.publicKey]] })).toEqual(fault('forged'))
  })

  test('with a false signature is forged', async () => {
    const [one, two] = [
      await wrapFor(bob, message(alice, bob, 'x'), alice),
      await wrapFor(bob, message(alice, bob, 'y'), alice),
    ]
    expect(await open({ ...reread(one), sig: two.sig })).toEqual(fault('forged'))
  })

  test('over 64 KiB is not opened', async () => {
    const wrap = reread(await wrapFor(bob, message(alice, bob, 'x'), alice))
    expect(await open({ ...wrap, content: 'A'.repeat(65_537) })).toEqual(fault('too-large'))
  })

  test('of junk is unreadable', async () => {
    const junk = signWith(secretKey('throw-away'), {
      kind: 1059,
      created_at: nowSec(),
      tags: [['p', bob.publicKey]],
      content: 'junk',
    })
    expect(await open(junk)).toEqual(fault('unreadable'))
  })

  test.each([null, 3, 'seal', [], { kind: 13 }, { kind: 1 }])('around %j has a bad seal', async (inner) => {
    expect(await open(await wrapAnything(inner))).toEqual(fault('bad-seal'))
  })

  test('around a signed event that is no seal (ContextVM) has a bad seal', async () => {
    const signed = await alice.sign({ kind: 25_910, created_at: nowSec(), tags: [], content: '{}' })
    expect(await open(await wrapAnything(signed))).toEqual(fault('bad-seal'))
  })

  test('around a seal with tags has a bad seal', async () => {
    const wrap = await sealAnything(message(alice, bob, 'x'), alice, { tags: [['p', bob.publicKey]] })
    expect(await open(wrap)).toEqual(fault('bad-seal'))
  })

  test('around a seal with a false signature has a forged seal', async () => {
    const content = await mallory.nip44Encrypt(bob.publicKey, JSON.stringify(message(alice, bob, 'x')))
    const draft = { pubkey: alice.publicKey, kind: 13, created_at: nowSec(), tags: [], content }
    const forged = { ...draft, id: eventId(draft), sig: '0'.repeat(128) }
    expect(await open(await wrapAnything(forged))).toEqual(fault('forged-seal'))
  })

  test('whose rumor names another author is spoofed', async () => {
    expect(await open(await sealAnything(message(alice, bob, 'x'), mallory))).toEqual(fault('spoofed-sender'))
  })
})

describe('a hostile rumor', () => {
  const good = message(alice, bob, 'x')
  test.each([
    ['null', null],
    ['a list', []],
    ['wrong types', { kind: '14', content: { a: 1 }, created_at: 'soon', tags: null }],
    ['a public note', { ...good, kind: 1 }],
    ['content that is no text', { ...good, content: { a: 1 } }],
    ['a time that is no number', { ...good, created_at: 'soon' }],
    ['no tags', { ...good, tags: null }],
  ])('of %s is bad', async (_name, rumor) => {
    expect(await open(await sealAnything(rumor))).toEqual(fault('bad-rumor'))
  })

  test('with an id of zeros has the wrong id', async () => {
    expect(await open(await sealAnything({ ...good, id: '0'.repeat(64) }))).toEqual(fault('wrong-rumor-id'))
  })

  test('with a signature is refused', async () => {
    const { id: _, pubkey: __, ...template } = good
    expect(await open(await sealAnything(await alice.sign(template)))).toEqual(fault('signed-rumor'))
  })

  test('for somebody else is refused, though wrapped for us', async () => {
    expect(await open(await sealAnything(message(alice, mallory, 'x')))).toEqual(fault('not-for-us'))
  })

  test('is accepted without an id, which is then ours', async () => {
    const { id: _, ...without } = good
    expect(await open(await sealAnything(without))).toMatchObject({
      ok: true,
      gift: { rumor: { id: good.id } },
    })
  })

  test('is accepted from 48 hours back to 10 minutes ahead, and not beyond', async () => {
    const at = async (seconds: number) => {
      const rumor = createRumor({
        sender: alice.publicKey,
        receiver: bob.publicKey,
        content: 'x',
        createdAt: nowSec() + seconds,
      })
      const result = await open(await wrapFor(bob, rumor, alice))
      return result.ok ? 'ok' : result.fault
    }
    expect(await at(-48 * 3600 + 60)).toBe('ok')
    expect(await at(-48 * 3600 - 60)).toBe('too-old')
    expect(await at(9 * 60)).toBe('ok')
    expect(await at(11 * 60)).toBe('from-the-future')
  })

  test('may be older where the caller says so', async () => {
    const rumor = message(alice, bob, 'x', nowSec() - 100 * 3600)
    expect(await open(await wrapFor(bob, rumor, alice), 200 * 3600)).toMatchObject({ ok: true })
  })
})
