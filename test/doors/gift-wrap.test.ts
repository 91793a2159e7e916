// To which relays does a reply go, whatever a stranger asks?
import { expect, test } from 'vitest'
import { normaliseRelayUrl, type RelayUrl } from '../../src/core/relay-url.ts'
import { giftWrapDoor } from '../../src/doors/gift-wrap.ts'
import { writeAddress } from '../../src/doors/gift-wrap-address.ts'
import { visitRule } from '../../src/doors/visit-rule.ts'
import { openRelayHub, type RelayHub } from '../../src/nostr/relay-hub.ts'
import { alice, bob, clock, random } from '../nostr/people.ts'
import { quietLog } from '../support/quiet-log.ts'

const relaysOf = (urls: readonly string[]): RelayUrl[] =>
  urls.map((url) => normaliseRelayUrl(url) as RelayUrl)

/** Where a provider with these relays first sends the reply to a request that wants it there. */
async function visited(
  own: [string, ...string[]],
  asked: string[],
  loopbackOnly = false,
): Promise<readonly string[]> {
  const targets: (readonly string[])[] = []
  const hub: RelayHub = {
    ...openRelayHub(),
    query: async () => ({ events: [], servedBy: new Map(), relays: [] }),
    publish: async (_event, relays) => {
      if (relays.length > 0) targets.push(relays)
      return { ok: relaysOf(relays), failed: [] }
    },
  }
  const relays = relaysOf(own)
  const handled = { has: () => false, add: () => undefined }
  const log = quietLog()
  const door = giftWrapDoor({
    hub,
    visitors: hub,
    signer: bob,
    relays,
    handled,
    clock,
    random,
    log,
    minPow: 0,
    loopbackOnly,
  })
  const from = normaliseRelayUrl(own[0]) as RelayUrl
  const address = { to: alice.publicKey, requestId: 'a'.repeat(64), replyRelays: relaysOf(asked), from }
  await door.deliver(writeAddress(address), '{}')
  return targets[0] ?? []
}

const PUBLIC = 'wss://relay.example.com'

test('a reply goes where the request wants it', async () => {
  expect(await visited([PUBLIC], ['wss://other.example.com'])).toEqual(['wss://other.example.com'])
})

test('but not into our own network, unless we are at home there', async () => {
  const inside = ['ws://169.254.169.254/latest', 'ws://grafana:3000', 'ws://10.0.0.7']
  expect(await visited([PUBLIC], inside)).toEqual([PUBLIC])
  expect(await visited([PUBLIC, 'ws://10.0.0.7'], inside)).toEqual(['ws://10.0.0.7'])
  expect(await visited(['ws://10.0.0.1'], ['ws://10.0.0.7'])).toEqual(['ws://10.0.0.7'])
})

test('and nowhere but on this machine where that is all we may reach', async () => {
  const own = 'ws://127.0.0.1:7777'
  expect(await visited([own], [PUBLIC, 'ws://10.0.0.7', 'ws://127.0.0.1:8888'], true)).toEqual([
    'ws://127.0.0.1:8888',
  ])
})

test('nor where a public name leads into our own network, which is asked when a socket connects', () => {
  const named = normaliseRelayUrl('wss://rebinding.example.com') as RelayUrl
  const inside = ['10.0.0.7', '127.0.0.1', '169.254.169.254', '::1', '::ffff:10.0.0.7', 'fd00::1', 'FE80::1']
  const leadsTo = (own: string[], url: RelayUrl) => {
    const rule = visitRule(relaysOf(own), { loopbackOnly: false })
    return inside.filter((address) => rule.mayLeadTo(url, address))
  }
  expect(leadsTo([PUBLIC], named)).toEqual([])
  // Our own relays, and those of buyers where we are at home in that network, may be anywhere.
  expect(leadsTo([named], named)).toEqual(inside)
  expect(leadsTo(['ws://10.0.0.1'], named)).toEqual(inside)
  const rule = visitRule(relaysOf([PUBLIC]), { loopbackOnly: false })
  expect(['8.8.8.8', '2606:4700::1'].filter((address) => rule.mayLeadTo(named, address))).toHaveLength(2)
})

/** A door at `PUBLIC` whose visits to strangers' relays end as told. */
function doorWhose(
  visit: RelayHub['publish'],
  publish: RelayHub['publish'] = async (_event, relays) => ({ ok: relaysOf(relays), failed: [] }),
): (asked: string[], content?: string) => Promise<string> {
  const hub: RelayHub = { ...openRelayHub(), publish }
  const relays = relaysOf([PUBLIC])
  const door = giftWrapDoor({
    hub,
    visitors: { ...hub, publish: visit },
    signer: bob,
    relays,
    handled: { has: () => false, add: () => undefined },
    clock,
    random,
    log: quietLog(),
    minPow: 0,
    loopbackOnly: false,
  })
  const from = normaliseRelayUrl(PUBLIC) as RelayUrl
  return async (asked, content = '{}') =>
    door.deliver(
      writeAddress({ to: alice.publicKey, requestId: 'a'.repeat(64), replyRelays: relaysOf(asked), from }),
      content,
    )
}

const failing = (relays: readonly string[]): Awaited<ReturnType<RelayHub['publish']>> => ({
  ok: [],
  failed: relaysOf(relays).map((url) => ({ url, reason: 'refused', prefix: 'down', sent: false })),
})

test('a relay that was out of reach is left alone for minutes, whoever names it', async () => {
  const visits: (readonly string[])[] = []
  const deliver = doorWhose(async (_event, relays, options) => {
    visits.push(relays)
    expect(options?.once).toBe(true)
    return failing(relays)
  })
  expect(await deliver(['wss://dead.example.com'])).toBe('elsewhere')
  expect(await deliver(['wss://dead.example.com', 'wss://new.example.com'], '{"b":1}')).toBe('elsewhere')
  expect(visits).toEqual([['wss://dead.example.com'], ['wss://new.example.com']])
})

test('a reply lies where its request came from before a silent relay is given up', async () => {
  const gaveUp = Promise.withResolvers<void>()
  const deliver = doorWhose(
    async (_event, relays) => gaveUp.promise.then(() => failing(relays)),
    async (_event, relays) => {
      if (relays.length > 0) gaveUp.resolve()
      return { ok: relaysOf(relays), failed: [] }
    },
  )
  expect(await deliver(['wss://silent.example.com'])).toBe('elsewhere')
})
