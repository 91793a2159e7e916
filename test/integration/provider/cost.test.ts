// What do strangers make us compute, send and keep? As little as can be, and nothing twice.
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { ecash } from '../../../src/cashu/ecash.ts'
import type { Delivery } from '../../../src/provider/ports.ts'
import type { EcashSource } from '../../../src/wallet/ecash-port.ts'
import { testPublicKey } from '../../support/test-ids.ts'
import {
  ask,
  asked,
  freshOrderId,
  lockedPurchase,
  openProvider,
  plainPurchase,
  startWorld,
  TestDoor,
} from '../../support/provider/test-provider.ts'
import type { Purchase, RunningProvider, World } from '../../support/provider/test-provider.ts'

let world: World
let provider: RunningProvider
let dleqChecks = 0

/** Takes in a reply to `nowhere` and never says what became of it, as a relay that does not answer. */
class HangingDoor extends TestDoor {
  override async deliver(address: string, content: string): Promise<Delivery> {
    if (address === 'nowhere') await gaveUp.promise
    return super.deliver(address, content)
  }
}
const gaveUp = Promise.withResolvers<void>()
const door = new HangingDoor()

const counted = {
  ...ecash,
  hasValidDleq: (...args: Parameters<typeof ecash.hasValidDleq>) => {
    dleqChecks += 1
    return ecash.hasValidDleq(...args)
  },
}
const countedSource: EcashSource = { load: async () => counted, loaded: () => counted }

beforeAll(async () => {
  world = await startWorld()
  provider = await openProvider(world, {
    ecash: countedSource,
    door,
    config: { ratePerSenderPerMin: 10 },
  })
})

beforeEach(() => {
  dleqChecks = 0
})

afterAll(async () => {
  await provider.stop()
  await world.close()
})

const again = (purchase: Purchase): Record<string, unknown> => ({
  ...purchase.message,
  order_id: freshOrderId(),
})

test('a plain token has no DLEQ proof checked: nothing depends on it', async () => {
  const purchase = await plainPurchase(world)
  expect(await asked(provider, purchase.message)).toHaveProperty('pod_npub')
  expect(dleqChecks).toBe(0)
})

test('a spent token is refused before its DLEQ proofs are checked', async () => {
  const purchase = await lockedPurchase(world, provider)
  const token = await provider.wallet.inspect(purchase.token, [world.url])
  const captureBefore = Math.floor(Date.now() / 1000) + 600
  await provider.wallet.capture(token, { captureBefore, lockEndsAt: captureBefore + 600 })
  expect(await asked(provider, purchase.message)).toMatchObject({
    error_type: 'invalid_token',
    details: 'State: spent',
  })
  expect(dleqChecks).toBe(0)
})

test('one token under many keys at once is checked once, and the mint is asked for it once', async () => {
  const purchase = await lockedPurchase(world, provider, { sender: testPublicKey(1) })
  const { proofCount } = await provider.wallet.inspect(purchase.token, [world.url])
  const askedBefore = stateQuestions()
  const replies = await Promise.all([
    asked(provider, purchase.message, { sender: testPublicKey(1) }),
    ...[2, 3, 4].map(async (number) => asked(provider, again(purchase), { sender: testPublicKey(number) })),
  ])
  expect(replies.filter(({ error_type: type }) => type === 'invalid_token')).toHaveLength(3)
  expect(replies[0]).toHaveProperty('pod_npub')
  expect(dleqChecks).toBe(proofCount)
  expect(stateQuestions()).toBe(askedBefore + 1)
})

test('an order asks the mint for the state of its proofs, then for the time, and for the swap', async () => {
  expect(await asked(provider, (await lockedPurchase(world, provider)).message)).toHaveProperty('pod_npub')
  const purchase = await lockedPurchase(world, provider)
  const before = world.mint.requests.length
  expect(await asked(provider, purchase.message)).toHaveProperty('pod_npub')
  const paths = world.mint.requests.slice(before).map(({ path }) => path)
  expect(paths).toEqual(['/v1/checkstate', '/v1/keysets', '/v1/swap'])
})

test('orders without an id have a budget for each sender; what is over it is told so, and not looked into', async () => {
  onTestFinished(world.clock.hold())
  const replies: (string | undefined)[] = []
  const sender = testPublicKey(100)
  for (let number = 0; number < 25; number++)
    replies.push(await ask(provider, { cashu_token: `cashuB${number}` }, { sender }))
  const kinds = replies.map((reply) => /invalid_token|rate_limited/.exec(reply ?? '')?.[0])
  const times = (count: number, kind: string | undefined): (string | undefined)[] =>
    Array.from({ length: count }, () => kind)
  expect(kinds).toEqual([...times(10, 'invalid_token'), ...times(10, 'rate_limited'), ...times(5, undefined)])
  const other = await asked(provider, { cashu_token: 'cashuB' }, { sender: testPublicKey(101) })
  expect(other).toMatchObject({ error_type: 'invalid_token' })
})

test('repeats, and ids of others, are answered as seldom as questions', async () => {
  onTestFinished(world.clock.hold())
  const sender = testPublicKey(200)
  const message = { cashu_token: 'cashuB', order_id: freshOrderId() }
  const first = await ask(provider, message, { sender })
  const replies: (string | undefined)[] = []
  for (let count = 0; count < 12; count++) replies.push(await ask(provider, message, { sender }))
  expect(replies.filter((reply) => reply === first)).toHaveLength(10)
  expect(replies.at(-1)).toBeUndefined()
  const thief = testPublicKey(201)
  const stolen: (string | undefined)[] = []
  for (let count = 0; count < 12; count++) stolen.push(await ask(provider, message, { sender: thief }))
  expect(stolen.filter((reply) => reply !== undefined)).toHaveLength(10)
})

test('refusals to places that do not answer leave room for the replies to buyers', async () => {
  for (let number = 300; number < 330; number++) {
    const message = { cashu_token: 'cashuB', order_id: freshOrderId() }
    await ask(provider, message, { sender: testPublicKey(number), address: 'nowhere' })
  }
  const purchase = await plainPurchase(world)
  const reply = await ask(provider, purchase.message, { sender: testPublicKey(330), address: 'honest' })
  await expect.poll(() => door.to('honest')).toEqual([reply])
  gaveUp.resolve()
})

test('a refusal that held no proof is forgotten when nobody can ask for it any more', async () => {
  const refused = async (number: number): Promise<string> => {
    const orderId = freshOrderId()
    await ask(provider, { cashu_token: 'cashuB', order_id: orderId }, { sender: testPublicKey(number) })
    return `${testPublicKey(number)}/spawn/${orderId}`
  }
  const key = await refused(400)
  await expect.poll(() => provider.ledger.outboxRow(key)).toBeUndefined()
  expect(provider.ledger.order(key)).toMatchObject({ state: 'refused' })
  world.clock.aheadMs += 50 * 3_600_000
  const later = await refused(401)
  expect([key, later].map((each) => provider.ledger.order(each)?.state)).toEqual([undefined, 'refused'])
})

const stateQuestions = (): number =>
  world.mint.requests.filter(({ path }) => path === '/v1/checkstate').length
