// What does a buyer get when the cluster, its administrator, the clock or the buyer's own words are against a purchase?
import { setTimeout as pause } from 'node:timers/promises'
import { nip19 } from 'nostr-tools'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buyPod } from '../../src/client/buy-pod.ts'
import { podStatus } from '../../src/client/pod-status.ts'
import type { Pod } from '../../src/client/ports.ts'
import { recoverOrders } from '../../src/client/recover-orders.ts'
import { topupPod } from '../../src/client/topup-pod.ts'
import { PaygressError } from '../../src/core/errors.ts'
import { isPublicKeyHex, type PublicKeyHex } from '../../src/core/npub.ts'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import { newOrderId } from '../../src/core/ids.ts'
import { parseRelayUrl } from '../../src/core/relay-url.ts'
import { startMint, type RunningMint } from '../../src/devnet/mint/start-mint.ts'
import { startRelay, type RunningRelay } from '../../src/devnet/relay/start-relay.ts'
import { makeNamespace, type TestNamespace } from '../support/namespace.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { until } from '../support/peers/until.ts'
import { clusterEnvironment } from '../support/product/cluster-provider.ts'
import { heldSat } from '../support/product/money.ts'
import { startProvider, type ProviderDaemon } from '../support/product/provider-daemon.ts'
import { openBuyer, type Buyer } from '../support/product/random-tenant.ts'
import { BASIC_SPEC } from '../support/scenario/serve-process.ts'
import { tokenOf } from '../support/wallet/test-wallet.ts'
import { namesOf, useCluster } from './rented-place.ts'

const SATS_PER_SEC = 1

requirePeer('cluster')('bad weather', () => {
  const place = useCluster()
  const { signal } = new AbortController()
  let mint: RunningMint
  let relay: RunningRelay
  let namespace: TestNamespace
  let provider: ProviderDaemon
  let buyer: Buyer

  beforeAll(async () => {
    mint = await startMint({ units: [{ unit: 'sat', inputFeePpk: 100 }], settleAfterMs: 0 })
    relay = await startRelay({ auth: true })
    namespace = await makeNamespace(place.cluster.kubeconfig)
    provider = await startProvider({
      relays: [relay.url],
      mints: [mint.url],
      env: {
        ...(await clusterEnvironment(place.cluster.kubeconfig, namespace)),
        ALLOWED_IMAGES: 'paygress/*',
        POD_SPECS: JSON.stringify([{ ...BASIC_SPEC, rate_msats_per_sec: SATS_PER_SEC * 1_000 }]),
      },
    })
    buyer = await openBuyer({ relay: relay.url, mint: mint.url, fundsSat: 5_000n, signal })
  })
  afterAll(async () => {
    await buyer?.client.close()
    await provider?.stop()
    await namespace?.dispose()
    await Promise.all([relay?.close(), mint?.close()])
  })

  const wish = (durationSec: number) => ({
    extent: { durationSec },
    lock: true,
    yes: true,
    dryRun: false,
    timeoutMs: 60_000,
  })

  async function buy(durationSec: number) {
    const result = await buyPod(
      buyer.client,
      { ...wish(durationSec), spec: 'basic', wait: false },
      { signal },
    )
    if (result.outcome !== 'served') throw new Error('only planned')
    return result.pod
  }

  const availableSat = (): number =>
    buyer.client.wallet.balances().reduce((sum, { availableSat: sat }) => sum + Number(sat), 0)

  /** Nobody has more or less than the mint says exists. */
  async function booksBalance(): Promise<void> {
    await expect
      .poll(
        async () => {
          const paths = [provider.databasePath, buyer.databasePath]
          const held = await Promise.all(paths.map(async (path) => heldSat(path, mint.url)))
          return BigInt(held.reduce((sum, sat) => sum + sat, 0)) - mint.stats().outstanding
        },
        { timeout: 20_000 },
      )
      .toBe(0n)
  }

  test('a machine whose Job an administrator deletes is told as lost, and its unused time is paid back', async () => {
    const before = availableSat()
    const pod = await buy(300)
    const [job = ''] = await namesOf(namespace, 'jobs')
    await namespace.ask({
      method: 'DELETE',
      path: namespace.path(`jobs/${job}`),
      body: { propagationPolicy: 'Background' },
    })
    await until('the refund', async () => {
      await recoverOrders(buyer.client, { mode: 'full', signal })
      return buyer.client.orders.pod(pod.npub)?.state === 'lost'
    })
    await until('the end of the refund', async () => {
      const { open } = await recoverOrders(buyer.client, { mode: 'full', signal })
      return open.length === 0
    })
    expect(buyer.client.orders.order(pod.orderId)?.state).toBe('refunded')
    expect(before - availableSat()).toBeLessThan(60)
    expect(provider.log()).toContain('a machine was lost before its paid end')
    await booksBalance()
  })

  test('a purchase goes through while the API server dies and comes back', async () => {
    const buying = buy(200)
    await until('the Job', async () => (await namesOf(namespace, 'jobs')).length > 0)
    await place.cluster.restartApiServer()
    const pod = await buying
    await podStatus(buyer.client, pod.npub, { signal })
    expect(buyer.client.orders.pod(pod.npub)?.state).toBe('running')
    await booksBalance()
  })

  /** What a top-up of a minute brought: all of it, or nothing where it was refused. */
  async function secondsAdded({ npub, expiresAt }: Pod): Promise<number> {
    try {
      const topped = await topupPod(buyer.client, { ...wish(60), pod: npub }, { signal })
      if (topped.outcome !== 'served') throw new Error('only planned')
      return (topped.pod.expiresAt.getTime() - expiresAt.getTime()) / 1000
    } catch (error) {
      if (!(error instanceof PaygressError)) throw error
      await recoverOrders(buyer.client, { mode: 'full', signal })
      return 0
    }
  }

  test('a top-up in the last second is either time or money back', async () => {
    for (const beforeEndMs of [1_500, 600, 100]) {
      const pod = await buy(12)
      await pause(Math.max(0, pod.expiresAt.getTime() - beforeEndMs - Date.now()))
      const before = availableSat()
      const addedSec = await secondsAdded(pod)
      const costSat = before - availableSat()
      // The mint's fees are the buyer's; nothing else may be missing.
      expect([0, 60]).toContain(addedSec)
      expect(costSat - addedSec * SATS_PER_SEC).toBeGreaterThanOrEqual(0)
      expect(costSat - addedSec * SATS_PER_SEC).toBeLessThanOrEqual(3)
      await booksBalance()
    }
  })

  test('words that no shell, path or API server should see are refused, and the token stays whole', async () => {
    const { client } = buyer
    const url = parseMintUrl(mint.url)
    const token = tokenOf(await client.wallet.send(url, 100n, { signal }))
    const to = providerKey(provider.npub)
    const long = 'x'.repeat(20_000)
    const nasty = ['$(touch /tmp/x)', '`id`', "a'; rm -rf / #", 'a\nb', '../../etc', 'root', '', long]
    const requests: Record<string, string>[] = [
      ...nasty.map((text) => ({ ssh_username: text })),
      ...['a\nb', '\u0000', long].map((text) => ({ ssh_password: text })),
      ...['other/image:1', 'paygress/ssh;id', 'paygress/$(id)', 'paygress/a\nb', '-paygress/ssh', long].map(
        (text) => ({ pod_image: text }),
      ),
      { ssh_public_key: 'ssh-ed25519 AAAA\ncommand="id" ssh-ed25519 BBBB' },
      { ssh_public_key: long },
    ]
    const jobs = await namesOf(namespace, 'jobs')
    for (const fields of requests) {
      const answers: string[] = []
      const content = JSON.stringify({
        cashu_token: token,
        pod_spec_id: 'basic',
        order_id: newOrderId(client.random),
        reply_relays: [relay.url],
        ...fields,
      })
      await client.messenger.ask(client.messenger.compose(to, content), {
        relays: [parseRelayUrl(relay.url)],
        minPow: 0,
        onAnswer: (answer) => answers.push(answer) > 0,
        timeoutMs: 30_000,
        signal,
      })
      const [field = '', text = ''] = Object.entries(fields)[0] ?? []
      const named = `${field} ${JSON.stringify(text.slice(0, 20))}`
      expect(`${named}: ${answers[0] ?? 'nothing'}`).toMatch(/"error_type":"/)
      expect(answers[0]?.length).toBeLessThan(2_000)
    }
    expect(await namesOf(namespace, 'jobs')).toEqual(jobs)
    const back = await client.wallet.receive(token, { signal })
    expect(back.status).toBe('done')
    await booksBalance()
  })

  // The last one: the offer says for a while that nothing is left.
  test('a quota that is used up is told before any money moves', async () => {
    const spec = { hard: { 'count/jobs.batch': '0' } }
    const body = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'none' }, spec }
    await namespace.ask({ method: 'POST', path: namespace.path('resourcequotas'), body })
    await until('the quota', async () =>
      JSON.stringify(
        await namespace.ask({ method: 'GET', path: namespace.path('resourcequotas/none') }),
      ).includes('"used"'),
    )
    const before = availableSat()
    await expect(buy(100)).rejects.toMatchObject({ code: expect.stringMatching(/refused|sold_out|no_offer/) })
    await recoverOrders(buyer.client, { mode: 'full', signal })
    expect(before - availableSat()).toBeLessThanOrEqual(3)
    await namespace.ask({ method: 'DELETE', path: namespace.path('resourcequotas/none') })
    await booksBalance()
  })
})

function providerKey(npub: string): PublicKeyHex {
  const { type, data } = nip19.decode(npub)
  if (type === 'npub' && isPublicKeyHex(data)) return data
  throw new Error('no npub')
}
