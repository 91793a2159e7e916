// Does the daemon rent out machines of a cluster, and does the cluster end them when the daemon is dead?
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as z from 'zod'
import { startMint, type RunningMint } from '../../src/devnet/mint/start-mint.ts'
import { startRelay, type RunningRelay } from '../../src/devnet/relay/start-relay.ts'
import { TEST_PORTS } from '../support/kubernetes-setup.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { until } from '../support/peers/until.ts'
import { consumer, type Consumer } from '../support/product/consumer.ts'
import { buyDocument, statusDocument, topupDocument } from '../support/product/documents.ts'
import { startProvider, type ProviderDaemon } from '../support/product/provider-daemon.ts'
import { makeNamespace, type TestNamespace } from '../support/namespace.ts'
import { useCluster } from './rented-place.ts'
import { NODE_HOST } from '../support/node/node-host.ts'

const jobsDocument = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      status: z.object({ conditions: z.array(z.object({ type: z.string() })).default([]) }),
    }),
  ),
})
const podsDocument = z.object({ items: z.array(z.object({ metadata: z.object({ uid: z.string() }) })) })

requirePeer('cluster')('a machine of the cluster', () => {
  const place = useCluster()
  let mint: RunningMint
  let relay: RunningRelay
  let namespace: TestNamespace
  let provider: ProviderDaemon
  let buyer: Consumer

  beforeAll(async () => {
    mint = await startMint({ units: [{ unit: 'sat', inputFeePpk: 100 }], settleAfterMs: 0 })
    relay = await startRelay({ auth: true })
    namespace = await makeNamespace(place.cluster.kubeconfig)
    provider = await startProvider({
      relays: [relay.url],
      mints: [mint.url],
      env: {
        BACKEND: 'kubernetes',
        KUBECONFIG: place.cluster.kubeconfig,
        POD_NAMESPACE: namespace.name,
        SSH_HOST: NODE_HOST,
        SSH_PORT_RANGE_START: String(TEST_PORTS.first),
        SSH_PORT_RANGE_END: String(TEST_PORTS.last),
        MINIMUM_POD_DURATION_SECONDS: '10',
        BASE_IMAGE: 'paygress/ssh:latest',
      },
    })
    buyer = consumer({ relays: [relay.url], mint: mint.url })
    await buyer.run(['wallet', 'fund', '1000'])
  })

  afterAll(async () => {
    await provider?.stop()
    await namespace?.dispose()
    await Promise.all([relay?.close(), mint?.close()])
  })

  const jobs = async () =>
    jobsDocument.parse(await namespace.ask({ method: 'GET', path: namespace.path('jobs') })).items
  const pods = async () =>
    podsDocument.parse(await namespace.ask({ method: 'GET', path: namespace.path('pods') })).items

  test('is bought, entered, topped up without a restart, and ended by the cluster with the daemon killed', async () => {
    const bought = await buyer.ask(buyDocument, ['buy', '--spec', 'basic', '--for', '20s'])
    expect(bought.state).toBe('ready')
    const login = await buyer.run(['ssh', bought.pod_npub, '--', 'echo', 'inside'])
    expect(login).toMatchObject({ code: 0, stdout: 'inside\n' })
    const before = (await pods()).map(({ metadata }) => metadata.uid)

    const topped = await buyer.ask(topupDocument, ['topup', bought.pod_npub, '--for', '10s'])
    const status = await buyer.ask(statusDocument, ['status', bought.pod_npub])
    expect(status.state).toBe('running')
    expect(Date.parse(status.expires_at) - Date.parse(bought.expires_at)).toBeGreaterThanOrEqual(10_000)
    expect((await pods()).map(({ metadata }) => metadata.uid)).toEqual(before)

    await provider.kill()
    await until(
      'the end by the cluster',
      async () =>
        (await pods()).length === 0 ||
        (await jobs()).some(({ status: { conditions } }) =>
          conditions.some(({ type }) => type.startsWith('Fail')),
        ),
      90_000,
    )
    // The grace of ten seconds and the controller's own lateness, and not a second before what was paid.
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(topped.expires_at))
    expect(Date.now() - Date.parse(topped.expires_at)).toBeLessThan(20_000)
  })
})
