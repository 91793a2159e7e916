// Can somebody rent from us who has none of our code: rust-nostr for the messages, nutshell's wallet for the money?
import { nip19 } from 'nostr-tools'
import { beforeAll, expect, test } from 'vitest'
import * as z from 'zod'
import { openRawRelayClient } from '../support/peers/raw-relay-client.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { nutshellWallet, type NutshellWallet } from '../support/peers/nutshell-wallet.ts'
import { openForeignClient } from '../support/product/foreign-client.ts'
import { heldSat, outstandingSat } from '../support/product/money.ts'
import { openMarket, type Market } from '../support/product/market.ts'

const access = z.object({
  pod_npub: z.string().startsWith('npub1'),
  node_port: z.int(),
  expires_at: z.iso.datetime({ offset: true }),
  cpu_millicores: z.literal(1000),
  memory_mb: z.literal(1024),
  pod_spec_name: z.literal('Basic'),
  instructions: z.array(z.string()),
  credited_msat: z.int(),
  duration_seconds: z.int(),
})
const quote = z.object({
  available: z.literal(true),
  amount_sat: z.int(),
  fee_ppk: z.int(),
  payment: z.object({ pubkey: z.string(), minimum_lock_seconds: z.int() }),
})
const status = z.object({ pod_npub: z.string(), state: z.string(), seconds_left: z.int() })
const stopped = z.object({ state: z.literal('stopped'), refunded_msat: z.int(), refund_token: z.string() })
const refusal = z.object({ error_type: z.string(), payment: z.object({ status: z.string() }) })
const offer = z.object({ payment: z.object({ pubkey: z.string().length(66) }) })

requirePeer(
  'nutshell',
  'auth-relay',
  'rust-nostr',
)('a client of rust-nostr and nutshell', () => {
  let market: Market
  let alice: NutshellWallet
  let provider: string

  beforeAll(async () => {
    market = await openMarket({ mint: { inputFeePpk: 100 } })
    alice = nutshellWallet(market.mint.url)
    await alice.fund(300)
    const decoded = nip19.decode(market.provider.npub)
    if (decoded.type !== 'npub') throw new Error('the provider has no npub')
    provider = decoded.data
    return async () => market[Symbol.asyncDispose]()
  })

  const relayUrl = (): string => market.relays[0]?.url ?? ''

  const isConserved = async (): Promise<void> => {
    const held = await heldSat(market.provider.databasePath, market.mint.url)
    expect((await alice.balance()) + held).toBe(outstandingSat(market.mint.dir))
  }

  test('asks for a quote, rents with a plain token, asks how the pod is, stops it and receives the refund', async () => {
    await using client = await openForeignClient(relayUrl(), provider)
    const asked = { request: 'quote', pod_spec_id: 'basic', duration_seconds: 120, mint: market.mint.url }
    const answer = await client.ask(asked)
    expect(answer.sender).toBe(provider)
    expect(answer.answers).toHaveLength(1)
    const { amount_sat: amountSat } = quote.parse(answer.content)
    expect(amountSat).toBe(12)

    const cashu_token = await alice.send(amountSat)
    const spawned = await client.ask({
      cashu_token,
      pod_spec_id: 'basic',
      ssh_username: 'alice',
      ssh_password: 'open-sesame',
    })
    const pod = access.parse(spawned.content)
    expect(pod.duration_seconds).toBeGreaterThanOrEqual(120)
    expect(pod.credited_msat).toBeGreaterThanOrEqual(12_000)
    expect(pod.instructions.join('\n')).toContain(`alice@127.0.0.1`)
    expect(spawned.size).toBeLessThan(16_384)

    const now = status.parse((await client.ask({ request: 'status', pod_npub: pod.pod_npub })).content)
    expect(now).toMatchObject({ pod_npub: pod.pod_npub, state: 'running' })

    const end = { request: 'stop', pod_npub: pod.pod_npub, order_id: crypto.randomUUID().replaceAll('-', '') }
    const { refund_token: refund, refunded_msat: refundedMsat } = stopped.parse(
      (await client.ask(end)).content,
    )
    const before = await alice.balance()
    await alice.receive(refund)
    const after = await alice.balance()
    expect(after).toBeGreaterThan(before)
    expect(after).toBeLessThanOrEqual(before + refundedMsat / 1000)
    await isConserved()
  })

  test('says the same twice: the same answer, one pod, one payment', async () => {
    await using client = await openForeignClient(relayUrl(), provider)
    const request = { cashu_token: await alice.send(12), pod_spec_id: 'basic' }
    const first = await client.ask(request)
    const second = await client.ask(request)
    expect(access.parse(first.content)).toEqual(access.parse(second.content))
    await isConserved()
  })

  test('pays with a token locked by hand to the key of the offer', async () => {
    const key = await paymentKey()
    const lock = { lockTo: key, locktimeSec: 1800, refundTo: await alice.lockKey() }
    await using client = await openForeignClient(relayUrl(), provider)
    const spawned = await client.ask({ cashu_token: await alice.send(20, lock), pod_spec_id: 'basic' })
    expect(access.parse(spawned.content).credited_msat).toBe(19_000)
    await isConserved()
  })

  test('cannot pay with a token that is locked to somebody else, and keeps it', async () => {
    const key = await alice.lockKey()
    const lock = { lockTo: key, locktimeSec: 1800, refundTo: key }
    const cashu_token = await alice.send(20, lock)
    await using client = await openForeignClient(relayUrl(), provider)
    const refused = await client.ask({ cashu_token, pod_spec_id: 'basic' })
    expect(refusal.parse(refused.content)).toEqual({
      error_type: 'invalid_token',
      payment: { status: 'untouched' },
    })
    await alice.receive(cashu_token)
    await isConserved()
  })

  test('gets a token back that pays too little', async () => {
    await using client = await openForeignClient(relayUrl(), provider)
    const cashu_token = await alice.send(4)
    const refused = await client.ask({ cashu_token, pod_spec_id: 'basic' })
    expect(refusal.parse(refused.content)).toEqual({
      error_type: 'insufficient_payment',
      payment: { status: 'untouched' },
    })
    await alice.receive(cashu_token)
    await isConserved()
  })

  async function paymentKey(): Promise<string> {
    await using socket = await openRawRelayClient(relayUrl())
    socket.send('REQ', 'offers', { kinds: [999], authors: [provider] })
    const [, , event] = await socket.heard('EVENT', 'offers')
    const { content } = z.object({ content: z.string() }).parse(event)
    return offer.parse(JSON.parse(content)).payment.pubkey
  }
})
