// Does a question by gift wrap find its answer, whatever the relays between do?
import { afterEach, describe, expect, test } from 'vitest'
import type { RelayOptions } from '../../src/devnet/relay/start-relay.ts'
import { findReplies } from '../../src/nostr/find-replies.ts'
import { wrapRumor } from '../../src/nostr/gift-wrap.ts'
import { openInbox } from '../../src/nostr/inbox.ts'
import { openRelayHub, type RelayHub, type RelayHubOptions } from '../../src/nostr/relay-hub.ts'
import { requestReply, type RequestOptions, type WrapMemory } from '../../src/nostr/request-reply.ts'
import { createRumor, type Rumor } from '../../src/nostr/rumor.ts'
import type { Signer } from '../../src/nostr/signer.ts'
import {
  type Faults,
  type FaultyRelay,
  refusing,
  silence,
  startFaultyRelay,
  unusedAddress,
} from '../support/faulty-relay.ts'
import { alice, bob, clock, hurry, mallory, message, nowSec, random, until, wrapFor } from './people.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close()
})

function hubOf(signer: Signer, options: RelayHubOptions = {}): RelayHub {
  const hub = openRelayHub({ timing: hurry, signer, ...options })
  open.push(hub)
  return hub
}

async function relayWith(faults: Faults = {}, options: RelayOptions = {}): Promise<FaultyRelay> {
  const relay = await startFaultyRelay(faults, options)
  open.push(relay)
  return relay
}

function reply(to: Rumor, from: Signer, content: string): Rumor {
  return createRumor({
    sender: from.publicKey,
    receiver: to.pubkey,
    content,
    createdAt: nowSec(),
    replyTo: to.id,
  })
}

/** Bob answers everything in upper case; returns the ids of the rumors he saw. */
function answering(
  hub: RelayHub,
  relays: string[],
  answerTo?: (rumor: Rumor, count: number) => Rumor[],
): string[] {
  const seen: string[] = []
  openInbox(hub, {
    signer: bob,
    relays,
    clock,
    onGift: ({ rumor }) => {
      seen.push(rumor.id)
      const answers = answerTo?.(rumor, seen.length) ?? [reply(rumor, bob, rumor.content.toUpperCase())]
      for (const answer of answers) void wrapFor(alice, answer, bob).then((wrap) => hub.publish(wrap, relays))
    },
  })
  return seen
}

/** Longer than a test may take: whoever waits for it to pass hangs. */
const FOREVER_MS = 600_000

const ask = (relays: string[], options: Partial<RequestOptions> = {}): RequestOptions => ({
  signer: alice,
  receiver: bob.publicKey,
  rumor: message(alice, bob, 'hello'),
  relays,
  clock,
  random,
  timeoutMs: 20_000,
  resend: { firstMs: 100, maxMs: 200 },
  ...options,
})

/** Alice, and how often she was asked to decrypt something. */
function countingAlice(): { signer: Signer; decrypted(): number } {
  let count = 0
  const nip44Decrypt: Signer['nip44Decrypt'] = (peer, payload) => {
    count += 1
    return alice.nip44Decrypt(peer, payload)
  }
  return { signer: { ...alice, nip44Decrypt }, decrypted: () => count }
}

function rememberedWraps(): WrapMemory {
  const known = new Map<string, string>()
  return { answeredBy: (id) => known.get(id), note: (id, answers) => void known.set(id, answers) }
}

describe('the answers to earlier questions', () => {
  test('are opened once, however often relays send them', async () => {
    const { url } = await relayWith()
    answering(hubOf(bob), [url])
    const opened = rememberedWraps()
    for (const earlier of ['one', 'two', 'three'])
      await requestReply(hubOf(alice), ask([url], { rumor: message(alice, bob, earlier), opened }))
    const { signer, decrypted } = countingAlice()
    const outcome = await requestReply(hubOf(alice), ask([url], { signer, opened }))
    expect(outcome).toMatchObject({ state: 'answered', reply: { rumor: { content: 'HELLO' } } })
    // Wrap and seal of the one new answer.
    expect(decrypted()).toBe(2)
  })

  test('are found again by who asks the same once more', async () => {
    const { url } = await relayWith()
    const bobsHub = hubOf(bob)
    answering(bobsHub, [url])
    const options = ask([url], { opened: rememberedWraps() })
    await requestReply(hubOf(alice), options)
    await bobsHub.close()
    expect(await requestReply(hubOf(alice), options)).toMatchObject({ state: 'answered' })
  })
})

test('of what is no id nothing is kept', async () => {
  const { url } = await relayWith()
  const hub = hubOf(bob)
  const named = message(alice, bob, 'other question').id
  const noted: string[] = []
  const opened = { ...rememberedWraps(), note: (_id: string, answers: string) => void noted.push(answers) }
  const options = ask([url], { opened })
  for (const id of ['x'.repeat(20_000), named.toUpperCase(), named])
    await hub.publish(await wrapFor(alice, reply({ ...options.rumor, id }, bob, 'spam'), bob), [url])
  answering(hub, [url])
  await requestReply(hubOf(alice), options)
  expect(noted.toSorted()).toEqual(['', '', named, options.rumor.id].toSorted())
})

describe('requestReply', () => {
  test.each([{}, { auth: true }, { auth: true, eagerAuth: false }])(
    'gets the answer over a relay with %o',
    async (options) => {
      const { url } = await relayWith({}, options)
      answering(hubOf(bob), [url])
      expect(await requestReply(hubOf(alice), ask([url]))).toMatchObject({
        state: 'answered',
        reply: { sender: bob.publicKey, rumor: { content: 'HELLO' } },
      })
    },
  )

  test('needs only one common relay that works', async () => {
    const { url } = await relayWith()
    const dead = await unusedAddress()
    const mute = await relayWith(silence)
    answering(hubOf(bob), [url])
    const outcome = await requestReply(hubOf(alice), ask([dead, mute.url, url], { timeoutMs: FOREVER_MS }))
    expect(outcome.state).toBe('answered')
  })

  test('is answered when the relay dies in the middle and comes back', async () => {
    const relay = await relayWith()
    const hub = hubOf(bob)
    // Bob's first answer is lost with the relay; he answers the second asking.
    answering(hub, [relay.url], (rumor, count) => {
      if (count > 1) return [reply(rumor, bob, 'here')]
      void relay.die().then(() => relay.comeBack())
      return []
    })
    const outcome = await requestReply(hubOf(alice), ask([relay.url]))
    expect(outcome).toMatchObject({ state: 'answered', reply: { rumor: { content: 'here' } } })
  })

  test('sends the same rumor again in fresh wraps until it is answered', async () => {
    const relay = await relayWith()
    const seen = answering(hubOf(bob), [relay.url], (rumor, count) =>
      count < 3 ? [] : [reply(rumor, bob, 'at last')],
    )
    const options = ask([relay.url])
    expect((await requestReply(hubOf(alice), options)).state).toBe('answered')
    expect(seen.slice(0, 3)).toEqual([options.rumor.id, options.rumor.id, options.rumor.id])
    const wraps = relay.received.flatMap(([type, event]) =>
      type === 'EVENT' ? [(event as { id: string }).id] : [],
    )
    expect(new Set(wraps).size).toBe(wraps.length)
  })

  test('hears no answer of anybody else, nor one to another question', async () => {
    const { url } = await relayWith()
    answering(hubOf(bob), [url], (rumor) =>
      [
        reply(rumor, mallory, 'send me your token'),
        reply(message(alice, bob, 'other question'), bob, 'other answer'),
      ].filter((each) => each.pubkey === bob.publicKey),
    )
    const hub = hubOf(mallory)
    const options = ask([url], { timeoutMs: 1_200 })
    await hub.publish(await wrapFor(alice, reply(options.rumor, mallory, 'send me your token'), mallory), [
      url,
    ])
    const outcome = await requestReply(hubOf(alice), options)
    expect(outcome).toMatchObject({ state: 'silent', acceptedBy: [url] })
  })

  test('passes over answers that do not count yet', async () => {
    const { url } = await relayWith()
    answering(hubOf(bob), [url], (rumor, count) => [reply(rumor, bob, count < 2 ? 'pending' : 'done')])
    const accept: RequestOptions['accept'] = ({ rumor }) => rumor.content !== 'pending'
    const outcome = await requestReply(hubOf(alice), ask([url], { accept }))
    expect(outcome).toMatchObject({ state: 'answered', reply: { rumor: { content: 'done' } } })
  })

  test('knows that a refused connection never had the request', async () => {
    const dead = await unusedAddress()
    const outcome = await requestReply(hubOf(alice), ask([dead], { timeoutMs: 200 }))
    expect(outcome).toMatchObject({ state: 'unsent', failed: [{ url: dead, sent: false }] })
  })

  test.each([
    ['says nothing', silence],
    ['says no', refusing('blocked: no')],
  ])('counts as sent where the relay had it and %s', async (_name, faults) => {
    const relay = await relayWith(faults)
    const outcome = await requestReply(hubOf(alice), ask([relay.url], { timeoutMs: 1_000 }))
    expect(outcome).toMatchObject({
      state: 'silent',
      acceptedBy: [],
      failed: [{ url: relay.url, sent: true }],
    })
  })

  test('ends at once when it is interrupted', async () => {
    const { url } = await relayWith()
    const interrupt = new AbortController()
    const outcome = requestReply(
      hubOf(alice),
      ask([url], { signal: interrupt.signal, onPublished: () => interrupt.abort() }),
    )
    expect(await outcome).toMatchObject({ state: 'silent', acceptedBy: [url] })
  })

  test('waits for the answer where it was asked to be sent', async () => {
    const [there, here] = [await relayWith(), await relayWith()]
    const hub = hubOf(bob)
    openInbox(hub, {
      signer: bob,
      relays: [there.url],
      clock,
      onGift: ({ rumor }) =>
        void wrapFor(alice, reply(rumor, bob, 'over here'), bob).then((w) => hub.publish(w, [here.url])),
    })
    const outcome = await requestReply(hubOf(alice), ask([there.url], { replyRelays: [here.url] }))
    expect(outcome).toMatchObject({ state: 'answered', reply: { rumor: { content: 'over here' } } })
  })
})

describe('openInbox', () => {
  test('finds what was sent while nobody listened, then says that this was all', async () => {
    const { url } = await relayWith({}, { auth: true })
    const sender = hubOf(alice)
    for (const text of ['one', 'two'])
      await sender.publish(await wrapFor(bob, message(alice, bob, text), alice), [url])
    const heard: string[] = []
    openInbox(hubOf(bob), {
      signer: bob,
      relays: [url],
      clock,
      onGift: ({ rumor }) => heard.push(rumor.content),
      onEose: () => heard.push('that is all'),
    })
    await until(() => heard.includes('that is all'))
    expect(heard.toSorted()).toEqual(['one', 'that is all', 'two'])
    expect(heard.at(-1)).toBe('that is all')
  })

  test('opens no wrap that was handled before', async () => {
    const { url } = await relayWith()
    const sender = hubOf(alice)
    const [old, fresh] = [
      await wrapFor(bob, message(alice, bob, 'old'), alice),
      await wrapFor(bob, message(alice, bob, 'new'), alice),
    ]
    for (const wrap of [old, fresh]) await sender.publish(wrap, [url])
    const heard: string[] = []
    let done = false
    openInbox(hubOf(bob), {
      signer: bob,
      relays: [url],
      clock,
      isHandled: (id) => id === old.id,
      onGift: ({ rumor }) => heard.push(rumor.content),
      onEose: () => (done = true),
    })
    await until(() => done)
    expect(heard).toEqual(['new'])
  })

  test('says why a wrap is no message, and goes on', async () => {
    const { url } = await relayWith()
    const sender = hubOf(alice)
    const stale = message(alice, bob, 'stale', nowSec() - 60 * 3600)
    await sender.publish(await wrapFor(bob, stale, alice), [url])
    await sender.publish(await wrapFor(bob, message(alice, bob, 'good'), alice), [url])
    const heard: string[] = []
    openInbox(hubOf(bob), {
      signer: bob,
      relays: [url],
      clock,
      onGift: ({ rumor }) => heard.push(rumor.content),
      onFault: (fault) => heard.push(fault),
    })
    await until(() => heard.length === 2)
    expect(heard.toSorted()).toEqual(['good', 'too-old'])
  })
})

describe('findReplies', () => {
  test('finds the answers that came while the program was not running', async () => {
    const { url } = await relayWith({}, { auth: true })
    const questions = ['a', 'b', 'c'].map((text) => ({
      rumor: message(alice, bob, text),
      receiver: bob.publicKey,
    }))
    const [a, b] = questions.map(({ rumor }) => rumor)
    if (a === undefined || b === undefined) throw new Error('no question')
    const sender = hubOf(bob)
    for (const answer of [reply(a, bob, 'pending'), reply(b, bob, 'B')])
      await sender.publish(await wrapFor(alice, answer, bob), [url])
    await sender.publish(await wrapFor(alice, reply(a, mallory, 'lie'), mallory), [url])
    const dead = await unusedAddress()
    const found = await findReplies(hubOf(alice), questions, { signer: alice, relays: [url, dead], clock })
    const texts = [...found.replies].map(([id, gifts]) => [id, gifts.map(({ rumor }) => rumor.content)])
    expect(Object.fromEntries(texts)).toEqual({ [a.id]: ['pending'], [b.id]: ['B'] })
    expect(found.relays.map(({ state }) => state).toSorted()).toEqual(['done', 'failed'])
  })

  test('finds the answer to a question of last week', async () => {
    const { url } = await relayWith()
    const lastWeek = { now: () => Date.now() - 7 * 24 * 3600_000 }
    const rumor = message(alice, bob, 'old question', Math.floor(lastWeek.now() / 1000))
    const answer = createRumor({
      sender: bob.publicKey,
      receiver: alice.publicKey,
      content: 'old answer',
      createdAt: rumor.created_at + 5,
      replyTo: rumor.id,
    })
    await hubOf(bob).publish(await wrapRumor(answer, bob, alice.publicKey, { clock: lastWeek, random }), [
      url,
    ])
    const found = await findReplies(hubOf(alice), [{ rumor, receiver: bob.publicKey }], {
      signer: alice,
      relays: [url],
      clock,
    })
    expect(found.replies.get(rumor.id)).toMatchObject([{ rumor: { content: 'old answer' } }])
  })
})
