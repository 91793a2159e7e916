// Does a buyer get the time back in which the cluster had lost their machine, and the money where it never comes back?
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startMint, type RunningMint } from '../../src/devnet/mint/start-mint.ts'
import { startRelay, type RunningRelay } from '../../src/devnet/relay/start-relay.ts'
import { makeNamespace, type TestNamespace } from '../support/namespace.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { until } from '../support/peers/until.ts'
import { clusterEnvironment } from '../support/product/cluster-provider.ts'
import { consumer, type Consumer } from '../support/product/consumer.ts'
import { balanceDocument, buyDocument, statusDocument } from '../support/product/documents.ts'
import { startProvider, type ProviderDaemon } from '../support/product/provider-daemon.ts'
import { leaseOf, namesOf, useCluster } from './rented-place.ts'

requirePeer('cluster')('the machine of a buyer', () => {
  const place = useCluster()
  let mint: RunningMint
  let relay: RunningRelay
  let namespace: TestNamespace
  let provider: ProviderDaemon
  let buyer: Consumer

  beforeAll(async () => {
    mint = await startMint({ units: [{ unit: 'sat', inputFeePpk: 0 }], settleAfterMs: 0 })
    relay = await startRelay({ auth: true })
    namespace = await makeNamespace(place.cluster.kubeconfig)
    provider = await startProvider({
      relays: [relay.url],
      mints: [mint.url],
      env: {
        ...(await clusterEnvironment(place.cluster.kubeconfig, namespace)),
        // How a machine is is asked again and again here.
        RATE_LIMIT_PER_SENDER: '1000',
      },
    })
    buyer = consumer({ relays: [relay.url], mint: mint.url })
    await buyer.run(['wallet', 'fund', '2000'])
  })

  afterAll(async () => {
    await provider?.stop()
    await namespace?.dispose()
    await Promise.all([relay?.close(), mint?.close()])
  })

  const remove = async (kind: 'jobs' | 'pods'): Promise<void> => {
    for (const name of await namesOf(namespace, kind)) {
      const body = { propagationPolicy: 'Background' }
      await namespace.ask({ method: 'DELETE', path: namespace.path(`${kind}/${name}`), body })
    }
  }

  test('time without a machine is added to its end, once, though the daemon dies in the middle', async () => {
    const bought = await buyer.ask(buyDocument, ['buy', '--spec', 'basic', '--for', '5m'])
    const end = async (): Promise<number> =>
      Date.parse((await buyer.ask(statusDocument, ['status', bought.pod_npub])).expires_at)
    const paidEnd = await end()
    place.node.delayStart(await leaseOf(namespace), 45_000)
    const lostAt = Date.now()
    await remove('pods')
    await until('the outage', async () => provider.log().includes('a machine is down'), 20_000)
    await provider.kill()
    await provider.restart()
    await until('the end of the outage', async () => provider.log().includes('a machine was down'), 80_000)
    const downMs = Date.now() - lostAt
    await until('the later end', async () => (await end()) > paidEnd, 10_000)
    const added = (await end()) - paidEnd
    // 45 s and what the controller needs, of which half a minute is borne; times in whole seconds.
    expect(added).toBeGreaterThanOrEqual(13_000)
    expect(added).toBeLessThanOrEqual(downMs - 28_000)
    expect(await buyer.run(['ssh', bought.pod_npub, '--', 'echo', 'back'])).toMatchObject({
      code: 0,
      stdout: 'back\n',
    })
    await provider.restart()
    expect((await end()) - paidEnd).toBe(added)
    await buyer.run(['stop', bought.pod_npub])
  })

  test('a machine whose Job an administrator deletes is refunded, and the refund reaches the wallet', async () => {
    const balance = async (): Promise<number> =>
      (await buyer.ask(balanceDocument, ['wallet', 'balance'])).total_sat
    const before = await balance()
    const bought = await buyer.ask(buyDocument, ['buy', '--spec', 'basic', '--for', '10m'])
    const paid = before - (await balance())
    await remove('jobs')
    await until('the loss', async () => provider.log().includes('a machine was lost'), 20_000)
    await until(
      'the refund',
      async () => {
        await buyer.run(['orders', 'recover'])
        return (await balance()) > before - paid
      },
      60_000,
    )
    const status = await buyer.run(['status', bought.pod_npub])
    expect(status.stdout + status.stderr).toMatch(/lost|refund/)
    // Some seconds were used.
    expect(before - (await balance())).toBeLessThan(paid / 4)
  })
})
