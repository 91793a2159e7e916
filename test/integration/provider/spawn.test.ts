// Buying a machine: what is paid, what is given back, and that nobody gets it twice.
import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { parseReply } from '../../../src/protocol/reply.ts'
import { probeBanner } from '../../../src/ssh/banner-probe.ts'
import { PaygressError } from '../../../src/core/errors.ts'
import { done, held } from '../../support/wallet/test-wallet.ts'
import {
  ask,
  asked,
  lockedPurchase,
  openProvider,
  plainPurchase,
  startWorld,
  STRANGER_KEY,
} from '../../support/provider/test-provider.ts'
import { testSpecId } from '../../support/test-ids.ts'
import type { ProviderOptions, RunningProvider, World } from '../../support/provider/test-provider.ts'

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function start(
  options: ProviderOptions = {},
  worldOptions: Parameters<typeof startWorld>[0] = {},
): Promise<{ world: World; provider: RunningProvider }> {
  const world = await startWorld(worldOptions)
  closing.push(() => world.close())
  const provider = await openProvider(world, options)
  closing.push(() => provider.stop())
  return { world, provider }
}

const broken = async (): Promise<never> => {
  throw new PaygressError('machine_failed', 'the image cannot be pulled')
}

describe('a locked payment', () => {
  test('buys a machine that answers, for exactly the time paid, and is captured', async () => {
    const { world, provider } = await start()
    const { message } = await lockedPurchase(world, provider, { netSat: 120n })
    const before = Date.now()
    const reply = parseReply('spawn', (await ask(provider, message)) ?? '')
    if (reply?.outcome !== 'done') throw new Error(`refused: ${JSON.stringify(reply)}`)
    const access = reply.message
    expect(access).toMatchObject({
      duration_seconds: 120,
      credited_msat: 120_000,
      pod_spec_name: 'Basic',
      ssh_username: 'paygress',
      ssh_host: '127.0.0.1',
    })
    const expires = Date.parse(access.expires_at)
    expect(expires).toBeGreaterThanOrEqual(before + 119_000)
    expect(expires).toBeLessThanOrEqual(Date.now() + 121_000)
    expect(await probeBanner('127.0.0.1', access.node_port, AbortSignal.timeout(2_000))).toHaveProperty(
      'banner',
    )
    expect(access.ssh_host_key).toMatch(/^ssh-ed25519 /)
    expect(access.ssh_password).toMatch(/^[a-z2-9]{24}$/)
    expect(held(provider.wallet, world.url).available).toBe(120n)
    expect(access.instructions[3]).toContain(`paygress@127.0.0.1 -p ${access.node_port}`)
    await expect.poll(() => provider.door.to('buyer')).toHaveLength(1)
  })

  test.each(['one after the other', 'at once'])(
    'buys a machine with a name of its own where two draw the same one, %s',
    async (when) => {
      let draws = 0
      const bytes = (count: number): Uint8Array => {
        if (count === 16) draws += 1
        return count === 16 && draws <= 2 ? new Uint8Array(16).fill(7) : Uint8Array.from(randomBytes(count))
      }
      const { world, provider } = await start({ random: { bytes } })
      const purchases = [await lockedPurchase(world, provider), await lockedPurchase(world, provider)]
      const buy = async ({ message }: { message: unknown }) => asked(provider, message)
      const [one, two] = purchases
      if (one === undefined || two === undefined) throw new Error('no purchases')
      const replies =
        when === 'at once' ? await Promise.all(purchases.map(buy)) : [await buy(one), await buy(two)]
      expect(new Set(replies.map(({ pod_name }) => pod_name)).size).toBe(2)
      expect(replies.map(({ pod_name }) => pod_name)).toContain('ssh-pod-07070707')
      expect(await world.compute.list()).toHaveLength(2)
    },
  )

  test('is answered with the same bytes when it is sent again, and makes no second machine', async () => {
    const { world, provider } = await start()
    const { message } = await lockedPurchase(world, provider)
    const [first, during] = await Promise.all([ask(provider, message), ask(provider, message)])
    const again = await ask(provider, {
      ...message,
      respond_before: 2_000_000_000,
      reply_relays: ['ws://127.0.0.1:9'],
    })
    expect(first).toContain('pod_npub')
    expect(during).toBe(first)
    expect(again).toBe(first)
    expect(await world.compute.list()).toHaveLength(1)
    expect(held(provider.wallet, world.url).available).toBe(120n)
  })

  test('with other content under the same id is refused, and the stored reply stays', async () => {
    const { world, provider } = await start()
    const { message } = await lockedPurchase(world, provider)
    const first = await ask(provider, message)
    expect(await asked(provider, { ...message, pod_spec_id: 'standard' })).toMatchObject({
      error_type: 'invalid_request',
      payment: { status: 'untouched' },
    })
    expect(await ask(provider, message)).toBe(first)
  })

  test.each(['the same id', 'only the same token'])('gives a stranger with %s nothing', async (what) => {
    const { world, provider } = await start()
    const { message, orderId } = await lockedPurchase(world, provider)
    const first = await ask(provider, message)
    const stolen = what === 'the same id' ? message : { ...message, order_id: `${orderId}-other` }
    const reply = await asked(provider, stolen, { sender: STRANGER_KEY })
    expect(reply).toMatchObject({ error_type: 'invalid_token', payment: { status: 'untouched' } })
    expect(JSON.stringify(reply)).not.toContain('signatures')
    expect(await ask(provider, message)).toBe(first)
    expect(await world.compute.list()).toHaveLength(1)
  })

  test('keeps its order id to its sender, whatever token a stranger brings', async () => {
    const { world, provider } = await start()
    const { message, orderId } = await lockedPurchase(world, provider)
    await ask(provider, message)
    const own = await plainPurchase(world, { orderId })
    expect(await asked(provider, own.message, { sender: STRANGER_KEY })).toMatchObject({
      error_type: 'invalid_token',
      message: expect.stringContaining('order id'),
      payment: { status: 'untouched' },
    })
    expect(await world.compute.list()).toHaveLength(1)
  })

  test('belongs to its first order also while its machine is still starting', async () => {
    const gate = Promise.withResolvers<void>()
    const world = await startWorld()
    closing.push(() => world.close())
    const waitReady: World['compute']['waitReady'] = async (lease, signal) => {
      await gate.promise
      return world.compute.waitReady(lease, signal)
    }
    const provider = await openProvider(world, { compute: { waitReady } })
    closing.push(() => provider.stop())
    const { message, orderId } = await lockedPurchase(world, provider)
    const first = asked(provider, message)
    await expect.poll(() => provider.ledger.openOrders()[0]?.state).toBe('starting')
    const copied = { ...message, order_id: `${orderId}-other` }
    const reply = await asked(provider, copied, { sender: STRANGER_KEY })
    expect(reply).toMatchObject({ error_type: 'invalid_token', payment: { status: 'untouched' } })
    gate.resolve()
    expect(await first).toHaveProperty('pod_npub')
    expect(await world.compute.list()).toHaveLength(1)
  })

  test('that is too small is released, and the buyer has it back at once', async () => {
    const { world, provider } = await start()
    const { message, token } = await lockedPurchase(world, provider, { netSat: 50n })
    const reply = await asked(provider, message)
    expect(reply).toMatchObject({
      error_type: 'insufficient_payment',
      message: 'Insufficient payment: 50000 msats',
      details: 'Minimum required: 60000 msats for 60 seconds with Basic spec (rate: 1000 msats/sec)',
      payment: { status: 'released' },
    })
    const { signatures } = reply.payment as { signatures: string[] }
    done(await world.buyer.wallet.respend(token, signatures, {}))
    expect(held(world.buyer.wallet, world.url).available).toBe(5_000n)
    expect(held(provider.wallet, world.url).available).toBe(0n)
  })

  test('is released when the machine fails', async () => {
    const { world, provider } = await start({ compute: { waitReady: broken } })
    const { message, token } = await lockedPurchase(world, provider)
    const reply = await asked(provider, message)
    expect(reply).toMatchObject({
      error_type: 'pod_creation_failed',
      details: 'the image cannot be pulled',
      payment: { status: 'released' },
    })
    const { signatures } = reply.payment as { signatures: string[] }
    done(await world.buyer.wallet.respend(token, signatures, {}))
    expect(held(world.buyer.wallet, world.url).available).toBe(5_000n)
    expect((await world.compute.list()).filter((machine) => machine.state !== 'ended')).toEqual([])
  })

  test('without the proof of its refund key is captured first, and refunded to that key', async () => {
    const { world, provider } = await start({ compute: { waitReady: broken } })
    const { message } = await lockedPurchase(world, provider)
    const { refund_signature: _evidence, ...bare } = message
    const reply = await asked(provider, bare)
    expect(reply).toMatchObject({ error_type: 'pod_creation_failed', payment: { status: 'refunded' } })
    const { refund_token: token } = reply.payment as { refund_token: string }
    done(await world.buyer.wallet.receive(token, {}))
    expect(held(world.buyer.wallet, world.url).available).toBe(5_000n)
  })

  test('of a refusal without that proof stays untouched', async () => {
    const { world, provider } = await start()
    const { message } = await lockedPurchase(world, provider, { netSat: 50n })
    const { refund_signature: _evidence, ...bare } = message
    expect(await asked(provider, bare)).toMatchObject({ payment: { status: 'untouched' } })
  })

  test('that comes when its time is over is released as expired', async () => {
    const { world, provider } = await start()
    const { message } = await lockedPurchase(world, provider, {
      fields: { respond_before: Math.floor(Date.now() / 1000) + 30 },
    })
    expect(await asked(provider, message)).toMatchObject({
      error_type: 'expired_request',
      payment: { status: 'released' },
    })
  })
})

describe('a plain payment', () => {
  test('is captured, and buys a machine', async () => {
    const { world, provider } = await start()
    const { message } = await plainPurchase(world, {
      netSat: 100n,
      fields: { ssh_username: 'alice', ssh_password: 'secret pass' },
    })
    expect(await asked(provider, message)).toMatchObject({
      ssh_username: 'alice',
      ssh_password: 'secret pass',
      duration_seconds: 100,
    })
    expect(held(provider.wallet, world.url).available).toBe(100n)
  })

  test('without an order id is known by its proofs', async () => {
    const { world, provider } = await start()
    const { message } = await plainPurchase(world)
    const { order_id: _id, ...bare } = message
    const first = await ask(provider, bare)
    expect(first).toContain('pod_npub')
    expect(await ask(provider, bare)).toBe(first)
    expect(await asked(provider, bare, { sender: STRANGER_KEY })).toMatchObject({
      error_type: 'invalid_token',
    })
  })

  test('is refunded when the machine fails, and again when asked again', async () => {
    const { world, provider } = await start({ compute: { waitReady: broken } }, { feePpk: 100 })
    const { message } = await plainPurchase(world, { netSat: 100n })
    const first = await ask(provider, message)
    const reply = JSON.parse(first ?? '') as Record<string, { refund_token: string; amount_msat: number }>
    expect(reply).toMatchObject({ error_type: 'pod_creation_failed', payment: { status: 'refunded' } })
    expect(reply.payment?.amount_msat).toBeGreaterThanOrEqual(98_000)
    expect(await ask(provider, message)).toBe(first)
    done(await world.buyer.wallet.receive(reply.payment?.refund_token ?? '', {}))
    expect(world.mint.stats().outstanding).toBe(
      held(world.buyer.wallet, world.url).available + held(provider.wallet, world.url).available,
    )
  })

  test('that was spent before is refused', async () => {
    const { world, provider } = await start()
    const { message, token } = await plainPurchase(world)
    done(await world.buyer.wallet.receive(token, {}))
    expect(await asked(provider, message)).toMatchObject({
      error_type: 'invalid_token',
      payment: { status: 'untouched' },
    })
    expect(await world.compute.list()).toEqual([])
  })
})

describe('a refusal', () => {
  test.each<[string, Record<string, unknown>, string, string]>([
    [
      'of an unknown spec',
      { pod_spec_id: 'huge' },
      'invalid_spec',
      "No pod specification found for ID 'huge'",
    ],
    [
      'of a foreign image',
      { pod_image: 'evil/image:latest' },
      'image_not_allowed',
      'This image is not offered here',
    ],
    [
      'of a system user',
      { ssh_username: 'root' },
      'invalid_request',
      'ssh_username is the name of a user of the system',
    ],
    ['of a hostile user name', { ssh_username: 'a;rm -rf' }, 'invalid_request', 'ssh_username must be'],
    [
      'of a password with a line break',
      { ssh_password: 'a\nb' },
      'invalid_request',
      'ssh_password must not contain control characters',
    ],
    [
      'of a private key',
      { ssh_public_key: '-----BEGIN OPENSSH PRIVATE KEY-----' },
      'invalid_request',
      'ssh_public_key is not',
    ],
    [
      'of a wish that costs more',
      { duration_minutes: 10 },
      'insufficient_payment',
      'Insufficient payment: 120000 msats',
    ],
  ])('%s releases the payment', async (_what, fields, type, text) => {
    const { world, provider } = await start()
    const { message } = await lockedPurchase(world, provider, { fields })
    const reply = await asked(provider, message)
    expect(reply).toMatchObject({ error_type: type, payment: { status: 'released' } })
    expect(reply.message).toContain(text)
    expect(await world.compute.list()).toEqual([])
  })

  test('of more time than is sold at once comes before the capture', async () => {
    const { world, provider } = await start({ config: { maximumDurationSec: 100 } })
    const { message } = await lockedPurchase(world, provider, { netSat: 120n })
    expect(await asked(provider, message)).toMatchObject({
      error_type: 'invalid_request',
      payment: { status: 'released' },
    })
  })

  test('for lack of machines releases the payment', async () => {
    const { world, provider } = await start({}, { capacity: 1 })
    const first = await lockedPurchase(world, provider)
    expect(await asked(provider, first.message)).toHaveProperty('pod_npub')
    const second = await lockedPurchase(world, provider)
    expect(await asked(provider, second.message)).toMatchObject({
      error_type: 'resource_unavailable',
      payment: { status: 'released' },
    })
  })

  test('for lack of machines of a spec is none for the first of several at once, and releases the others', async () => {
    const { world, provider } = await start({ config: { capacity: new Map([[testSpecId('basic'), 1]]) } })
    const purchases = await Promise.all([1, 2, 3, 4].map(async () => lockedPurchase(world, provider)))
    const replies = await Promise.all(purchases.map(async ({ message }) => asked(provider, message)))
    expect(replies.filter((reply) => 'pod_npub' in reply)).toHaveLength(1)
    const refused = replies.filter((reply) => !('pod_npub' in reply))
    for (const reply of refused)
      expect(reply).toMatchObject({
        error_type: 'resource_unavailable',
        payment: { status: 'released' },
      })
    expect(await world.compute.list()).toHaveLength(1)
  })

  test('of a token of another mint asks that mint nothing', async () => {
    const { provider } = await start()
    const other = await startWorld()
    closing.push(() => other.close())
    const { message } = await plainPurchase(other)
    const requests = other.mint.requests.length
    expect(await asked(provider, message)).toMatchObject({
      error_type: 'invalid_token',
      payment: { status: 'untouched' },
    })
    expect(other.mint.requests).toHaveLength(requests)
  })
})
