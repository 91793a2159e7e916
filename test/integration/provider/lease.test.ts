// The life of a paid machine: more time, an early end, its expiry, its loss.
import { decodePaymentRequest } from '@cashu/cashu-ts'
import { afterEach, describe, expect, test } from 'vitest'
import { PaygressError } from '../../../src/core/errors.ts'
import { done, held } from '../../support/wallet/test-wallet.ts'
import {
  ask,
  asked,
  freshOrderId,
  lockedPurchase,
  openProvider,
  plainPurchase,
  startWorld,
  STRANGER_KEY,
} from '../../support/provider/test-provider.ts'
import type { ProviderOptions, RunningProvider, World } from '../../support/provider/test-provider.ts'

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

interface Setting {
  world: World
  provider: RunningProvider
  npub: string
  access: Record<string, unknown>
  spawnMessage: Record<string, unknown>
}

async function withMachine(
  netSat: bigint,
  options: ProviderOptions = {},
  worldOptions: Parameters<typeof startWorld>[0] = {},
): Promise<Setting> {
  const world = await startWorld(worldOptions)
  closing.push(() => world.close())
  const provider = await openProvider(world, options)
  closing.push(() => provider.stop())
  const { message } = await lockedPurchase(world, provider, { netSat })
  const access = await asked(provider, message)
  if (typeof access.pod_npub !== 'string') throw new Error(`refused: ${JSON.stringify(access)}`)
  await expect.poll(() => provider.ledger.leasesIn('running')[0]?.body).toContain('"reported":true')
  return { world, provider, npub: access.pod_npub, access, spawnMessage: message }
}

const machineEnd = async (world: World): Promise<number> => {
  const [machine] = await world.compute.list()
  return machine?.state === 'running' ? machine.machine.expiresAt.getTime() : Number.NaN
}

describe('a top-up', () => {
  test('moves the end by exactly what it pays', async () => {
    const { world, provider, npub } = await withMachine(120n)
    const before = await machineEnd(world)
    const { message } = await lockedPurchase(world, provider, { netSat: 30n })
    const topup = { ...message, pod_npub: npub }
    const reply = await asked(provider, topup)
    expect(reply).toMatchObject({ success: true, pod_npub: npub, extended_duration_seconds: 30 })
    expect((await machineEnd(world)) - before).toBe(30_000)
    expect(held(provider.wallet, world.url).available).toBe(150n)
    expect(await asked(provider, topup)).toEqual(reply)
    expect((await machineEnd(world)) - before).toBe(30_000)
  })

  test('with a minute left or less bridges the capture, and still adds exactly what it pays', async () => {
    const { world, provider, npub } = await withMachine(60n)
    const before = await machineEnd(world)
    const { message } = await lockedPurchase(world, provider, { netSat: 10n })
    await asked(provider, { ...message, pod_npub: npub })
    expect((await machineEnd(world)) - before).toBe(10_000)
  })

  test('that cannot be captured takes the bridge back', async () => {
    const { world, provider, npub } = await withMachine(60n)
    const before = await machineEnd(world)
    const { message, token } = await lockedPurchase(world, provider, { netSat: 10n })
    world.mint.failNext({ path: '/v1/swap', kind: 'refuse', code: 11_001 })
    world.mint.failNext({ path: '/v1/swap', kind: 'refuse', code: 11_001 })
    expect((await provider.wallet.inspect(token, [world.url])).netSat).toBe(10n)
    const reply = await asked(provider, { ...message, pod_npub: npub })
    expect(reply).toMatchObject({ error_type: 'payment_failed', payment: { status: 'untouched' } })
    expect(await machineEnd(world)).toBe(before)
  })

  test('by a stranger is welcome', async () => {
    const { world, provider, npub } = await withMachine(120n)
    const { message } = await plainPurchase(world, { netSat: 20n })
    expect(await asked(provider, { ...message, pod_npub: npub }, { sender: STRANGER_KEY })).toMatchObject({
      success: true,
      extended_duration_seconds: 20,
    })
  })

  test('of an unknown pod is released in the words that others read', async () => {
    const { world, provider } = await withMachine(60n)
    const { message } = await lockedPurchase(world, provider, { netSat: 10n })
    const reply = await asked(provider, { ...message, pod_name: 'ssh-pod-00000000' })
    expect(reply).toMatchObject({
      error_type: 'pod_not_found',
      message: 'Pod not found or expired',
      payment: { status: 'released' },
    })
  })

  test('that the machine does not live to see is refunded in full', async () => {
    let isGone = false
    const world = await startWorld()
    closing.push(() => world.close())
    const setEnd: World['compute']['setEnd'] = async (lease, operation, end) => {
      if (isGone) throw new PaygressError('pod_ended', 'the machine is ending')
      return world.compute.setEnd(lease, operation, end)
    }
    const provider = await openProvider(world, { compute: { setEnd } })
    closing.push(() => provider.stop())
    const { message: spawn } = await lockedPurchase(world, provider, { netSat: 200n })
    const { pod_npub: npub } = await asked(provider, spawn)
    isGone = true
    const { message } = await lockedPurchase(world, provider, { netSat: 40n })
    const reply = await asked(provider, { ...message, pod_npub: npub })
    expect(reply).toMatchObject({
      error_type: 'pod_not_found',
      payment: { status: 'refunded', amount_msat: 40_000 },
    })
  })

  test('for more than may run is refused before it is captured', async () => {
    const { world, provider, npub } = await withMachine(120n, { config: { maximumDurationSec: 130 } })
    const { message } = await lockedPurchase(world, provider, { netSat: 30n })
    expect(await asked(provider, { ...message, pod_npub: npub })).toMatchObject({
      error_type: 'invalid_request',
      payment: { status: 'released' },
    })
  })

  test('with a spent token is payment_failed', async () => {
    const { world, provider, npub } = await withMachine(120n)
    const { message, token } = await plainPurchase(world, { netSat: 20n })
    done(await world.buyer.wallet.receive(token, {}))
    expect(await asked(provider, { ...message, pod_npub: npub })).toMatchObject({
      error_type: 'payment_failed',
    })
  })
})

describe('a stop', () => {
  test.each([0, 100])('returns the unused time to the sat at %i ppk', async (feePpk) => {
    const { world, provider, npub, access } = await withMachine(1_000n, {}, { feePpk })
    world.clock.aheadMs += 100_000
    const stop = { request: 'stop', pod_npub: npub, order_id: freshOrderId() }
    const first = await ask(provider, stop, { requestedAt: Math.floor(world.clock.now() / 1000) })
    const reply = JSON.parse(first ?? '') as {
      used_seconds: number
      refunded_msat: number
      refund_token: string
    }
    expect(reply).toMatchObject({ state: 'stopped', pod_npub: npub })
    expect(reply.used_seconds).toBeGreaterThanOrEqual(100)
    expect(reply.used_seconds).toBeLessThan(106)
    const back = done(await world.buyer.wallet.receive(reply.refund_token, { anyMint: true }))
    const credited = Number(access.credited_msat)
    expect(reply.refunded_msat).toBe(Number(back.amountSat + back.feeSat) * 1000)
    const feeSat = BigInt(credited / 1000 - reply.used_seconds) - back.amountSat - back.feeSat
    expect(feeSat).toBe(feePpk === 0 ? 0n : 1n)
    expect(world.mint.stats().outstanding).toBe(
      held(world.buyer.wallet, world.url).available + held(provider.wallet, world.url).available,
    )
    expect((await world.compute.list()).map(({ state }) => state)).toEqual(['ended'])
    expect(await ask(provider, stop)).toBe(first)
    expect(provider.ledger.leasesIn('stopped')).toHaveLength(1)
  })

  test('by anybody but its buyer is refused, and the machine goes on', async () => {
    const { world, provider, npub } = await withMachine(120n)
    const stop = { request: 'stop', pod_npub: npub, order_id: freshOrderId() }
    const reply = await asked(provider, stop, { sender: STRANGER_KEY })
    expect(reply).toMatchObject({ error_type: 'not_allowed' })
    expect(reply).not.toHaveProperty('payment')
    expect((await world.compute.list())[0]?.state).toBe('running')
  })

  test('that came ten minutes late is not served', async () => {
    const { provider, npub } = await withMachine(120n)
    const stop = { request: 'stop', pod_npub: npub, order_id: freshOrderId() }
    const requestedAt = Math.floor(Date.now() / 1000) - 700
    expect(await asked(provider, stop, { requestedAt })).toMatchObject({ error_type: 'expired_request' })
  })
})

describe('status', () => {
  test('is shown to the buyer alone', async () => {
    const { provider, npub, access } = await withMachine(120n)
    const status = { request: 'status', pod_npub: npub }
    expect(await asked(provider, status)).toMatchObject({
      pod_npub: npub,
      state: 'running',
      node_port: access.node_port,
      expires_at: access.expires_at,
      pod_spec_name: 'Basic',
      order_id: access.order_id,
    })
    expect(await asked(provider, status, { sender: STRANGER_KEY })).toMatchObject({
      error_type: 'not_allowed',
    })
    expect(await asked(provider, { pod_id: access.pod_name })).toMatchObject({ state: 'running' })
  })
})

describe('a quote', () => {
  test('names the price, the fee and the terms of a lock', async () => {
    const { world, provider } = await withMachine(60n, {}, { feePpk: 100 })
    const quote = { request: 'quote', pod_spec_id: 'standard', duration_seconds: 3_600, mint: world.url }
    const reply = await asked(provider, quote)
    const request = decodePaymentRequest(String(reply.payment_request))
    expect(request).toMatchObject({ id: reply.quote_id, unit: 'sat', mints: [world.url], singleUse: true })
    // What the provider's own swap costs is asked for on top.
    expect(request.amount?.toNumber()).toBe(7_201)
    expect(reply).toMatchObject({
      available: true,
      amount_sat: 7_200,
      fee_ppk: 100,
      mint: world.url,
      payment: { pubkey: provider.wallet.paymentKey().pubkey, minimum_lock_seconds: 900 },
    })
    expect(await asked(provider, { ...quote, mint: 'https://other.example.com' })).toMatchObject({
      error_type: 'invalid_token',
    })
    expect(await asked(provider, { ...quote, pod_spec_id: 'huge' })).toMatchObject({
      error_type: 'invalid_spec',
    })
  })
})

describe('an end', () => {
  test('at the paid time is an expiry, and a top-up after it finds no pod', async () => {
    const { world, provider, npub } = await withMachine(60n)
    world.clock.aheadMs += 61_000
    await expect.poll(() => provider.ledger.leasesIn('expired').length).toBe(1)
    expect(await asked(provider, { request: 'status', pod_npub: npub })).toMatchObject({
      state: 'expired',
      seconds_left: 0,
    })
    const { message } = await plainPurchase(world, { netSat: 20n })
    expect(await asked(provider, { ...message, pod_npub: npub })).toMatchObject({
      error_type: 'pod_not_found',
      details: `Pod with NPUB '${npub}' not found or already expired`,
    })
  })

  test('before it is a loss: the rest is refunded unasked, as news of the same order', async () => {
    const { world, provider, npub, spawnMessage } = await withMachine(500n)
    const [machine] = await world.compute.list()
    if (machine === undefined) throw new Error('no machine')
    await world.compute.end(machine.leaseId)
    await expect.poll(() => provider.door.to('buyer').length).toBe(2)
    const news = JSON.parse(provider.door.to('buyer')[1] ?? '') as {
      payment: { refund_token: string; amount_msat: number }
    }
    expect(news).toMatchObject({ error_type: 'resource_unavailable', payment: { status: 'refunded' } })
    expect(news.payment.amount_msat).toBeGreaterThan(490_000)
    done(await world.buyer.wallet.receive(news.payment.refund_token, { anyMint: true }))
    expect(await asked(provider, spawnMessage)).toEqual(news)
    expect(await asked(provider, { request: 'status', pod_npub: npub })).toMatchObject({
      state: 'lost',
      payment: { status: 'refunded' },
    })
  })
})
