// What strangers send: one clear answer or none, nothing captured, and the daemon goes on.
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { parseOffer } from '../../../src/protocol/offer.ts'
import { held } from '../../support/wallet/test-wallet.ts'
import { testPublicKey } from '../../support/test-ids.ts'
import {
  ask,
  asked,
  lockedPurchase,
  openProvider,
  startWorld,
  STRANGER_KEY,
} from '../../support/provider/test-provider.ts'
import type { RunningProvider, World } from '../../support/provider/test-provider.ts'

let world: World
let provider: RunningProvider

beforeAll(async () => {
  world = await startWorld()
  provider = await openProvider(world, {
    config: { maxUnpaidLeases: 1, ratePerSenderPerMin: 60, ratePerRelayPerMin: 10 },
  })
})

afterAll(async () => {
  await provider.stop()
  await world.close()
})

describe('silence', () => {
  test.each([
    '',
    'null',
    '[]',
    '"spawn"',
    '{',
    '{"hello":"world"}',
    '{"request":"dance"}',
    '{"request":{}}',
    `{"a":"${'x'.repeat(70_000)}"}`,
  ])('is the answer to %.30s', async (content) => {
    expect(await ask(provider, content)).toBeUndefined()
  })
})

describe('one clear error', () => {
  const lots = { cashu_token: 'cashuB', order_id: 'a' }
  test.each<[string, unknown, string]>([
    ['a token that is none', lots, 'invalid_token'],
    ['a truncated token', { cashu_token: 'cashuBo2F0gaJhaUgArSaMTR9YJmFw', order_id: 'b' }, 'invalid_token'],
    ['a token of another alphabet', { cashu_token: `cashuA${'%'.repeat(100)}` }, 'invalid_token'],
    ['an empty token', { cashu_token: '' }, 'invalid_request'],
    ['a token that is a number', { cashu_token: 7 }, 'invalid_request'],
    ['a bad order id', { cashu_token: 'cashuB', order_id: '../../etc/passwd' }, 'invalid_request'],
    ['a bad refund key', { cashu_token: 'cashuB', refund_pubkey: 'zz' }, 'invalid_request'],
    ['a bad pod', { cashu_token: 'cashuB', pod_npub: 'npub1nobody' }, 'invalid_request'],
    ['a stop without order', { request: 'stop', pod_npub: 'npub1nobody' }, 'invalid_request'],
    ['a status of nobody', { request: 'status', pod_id: 'ssh-pod-ffffffff' }, 'pod_not_found'],
  ])('is the answer to %s', async (_what, content, type) => {
    const reply = await asked(provider, content, { sender: STRANGER_KEY })
    expect(reply).toMatchObject({ error_type: type })
    expect(JSON.stringify(reply).length).toBeLessThan(2_000)
  })

  test('to a malformed request has the words that others read, and no value of it', async () => {
    const reply = await asked(
      provider,
      { cashu_token: 'cashuBsecret', refund_signature: 'not hex' },
      { sender: STRANGER_KEY },
    )
    expect(reply.message).toBe('Failed to parse private message content')
    expect(JSON.stringify(reply)).not.toContain('cashuBsecret')
  })
})

test('too many requests of one sender are refused, then not answered at all; others are served', async () => {
  onTestFinished(world.clock.hold())
  const noisy = testPublicKey(0xbad)
  const replies: (string | undefined)[] = []
  for (let count = 0; count < 130; count++)
    replies.push(await ask(provider, { request: 'status', pod_id: 'x' }, { sender: noisy }))
  expect(replies.filter((reply) => reply?.includes('pod_not_found') === true)).toHaveLength(60)
  expect(replies.filter((reply) => reply?.includes('rate_limited') === true)).toHaveLength(60)
  expect(replies.at(-1)).toBeUndefined()
  expect(await ask(provider, { request: 'status', pod_id: 'x' }, { sender: STRANGER_KEY })).toContain(
    'pod_not_found',
  )
})

test('orders without an id are turned away by their sender, with a word; those of others are served', async () => {
  onTestFinished(world.clock.hold())
  const noisy = testPublicKey(0xbad2)
  const replies: (string | undefined)[] = []
  for (let count = 0; count < 130; count++)
    replies.push(await ask(provider, { cashu_token: `cashuB${count}` }, { sender: noisy }))
  expect(replies.slice(0, 60).every((reply) => reply?.includes('invalid_token'))).toBe(true)
  const turnedAway = replies.slice(60, 120).map((reply) => JSON.parse(reply ?? '{}') as object)
  expect(turnedAway).toEqual(turnedAway.map(() => expect.objectContaining({ error_type: 'rate_limited' })))
  expect(turnedAway.filter((reply) => 'payment' in reply)).toEqual([])
  expect(replies.at(-1)).toBeUndefined()
  expect(await ask(provider, { cashu_token: 'cashuB0' }, { sender: STRANGER_KEY })).toContain('invalid_token')
})

test('nothing of it was captured, and no token is in the log', async () => {
  expect(held(provider.wallet, world.url).available).toBe(0n)
  expect(await world.compute.list()).toEqual([])
  expect(provider.log.join('\n')).not.toMatch(/cashu[AB]/)
})

test('more buyers than unpaid places are served one after another', async () => {
  const purchases = await Promise.all(
    [1, 2, 3].map(async (number) => ({
      sender: testPublicKey(number),
      purchase: await lockedPurchase(world, provider, { sender: testPublicKey(number) }),
    })),
  )
  const replies = await Promise.all(
    purchases.map(async ({ sender, purchase }) => asked(provider, purchase.message, { sender })),
  )
  expect(replies.map((reply) => typeof reply.pod_npub)).toEqual(['string', 'string', 'string'])
  expect(held(provider.wallet, world.url).available).toBe(360n)
})

test('the offer says what is sold; the closing one says nothing is, and the ones before are withdrawn', async () => {
  const first = parseOffer(provider.board.published[0] ?? '')
  expect(first).toMatchObject({
    mints: [world.url],
    payment: { pubkey: provider.wallet.paymentKey().pubkey, minimumLockSec: 900 },
    specs: [{ id: 'basic' }, { id: 'standard' }],
  })
  expect(provider.board.inboxes).toBe(1)
  expect(provider.log.join('\n')).toMatch(/Service public key: npub1/)
  const before = provider.board.published.length
  await provider.provider.stop()
  expect(parseOffer(provider.board.published.at(-1) ?? '')?.specs).toEqual([])
  expect(provider.board.withdrawn).toContain(`event-${before}`)
})
