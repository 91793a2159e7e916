// To which relays does a reply go, whatever a stranger asks?
import { expect, test } from 'vitest'
import { normaliseRelayUrl, type RelayUrl } from '../../src/core/relay-url.ts'
import { giftWrapDoor } from '../../src/doors/gift-wrap.ts'
import { writeAddress } from '../../src/doors/gift-wrap-address.ts'
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
      targets.push(relays)
      return { ok: relaysOf(relays), failed: [] }
    },
  }
  const relays = relaysOf(own)
  const handled = { has: () => false, add: () => undefined }
  const log = quietLog()
  const door = giftWrapDoor({
    hub,
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
