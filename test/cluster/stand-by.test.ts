// Do two daemons of one identity take turns, and does a stranger's wallet stay out?
import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { takeDaemonLease } from '../../src/compute/kubernetes/daemon-lease.ts'
import { startMint } from '../../src/devnet/mint/start-mint.ts'
import { startRelay } from '../../src/devnet/relay/start-relay.ts'
import { TEST_PORTS } from '../support/kubernetes-setup.ts'
import { makeNamespace, type TestNamespace } from '../support/namespace.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { until } from '../support/peers/until.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { consumer } from '../support/product/consumer.ts'
import { buyDocument, stopDocument } from '../support/product/documents.ts'
import { quietLog } from '../support/quiet-log.ts'
import { launchServe } from '../support/scenario/serve-process.ts'
import { useCluster } from './rented-place.ts'
import { NODE_HOST } from '../support/node/node-host.ts'

requirePeer('cluster')('stand-by', () => {
  const place = useCluster()
  let namespace: TestNamespace

  beforeEach(async () => {
    namespace = await makeNamespace(place.cluster.kubeconfig)
  })

  const take = (
    change: { identity?: string; walletId?: string } = {},
    signal = AbortSignal.timeout(60_000),
  ) =>
    takeDaemonLease(
      {
        choice: { kubeconfig: place.cluster.kubeconfig },
        namespace: namespace.name,
        identity: 'npub-one',
        walletId: 'wallet-one',
        clock: Date,
        random: { bytes: (count) => randomBytes(count) },
        log: quietLog(),
        ...change,
      },
      signal,
    )

  describe('the lease of a namespace', () => {
    test('is held by one, and goes to the next when it is given back', async () => {
      const first = await take()
      expect(first.isFresh()).toBe(true)
      let second: Awaited<ReturnType<typeof take>> | undefined
      const waiting = take().then((lock) => (second = lock))
      // Longer than a holder may be silent: renewing keeps the other one out.
      await new Promise((resolve) => setTimeout(resolve, 11_000))
      expect(second).toBeUndefined()
      await first.release()
      await waiting
      await second?.release()
    })

    test('is refused to another wallet of the same identity, and to another identity', async () => {
      const first = await take()
      await expect(take({ walletId: 'wallet-two' })).rejects.toMatchObject({ code: 'config_invalid' })
      await expect(take({ identity: 'npub-two' })).rejects.toMatchObject({ code: 'config_invalid' })
      await first.release()
      // The ledger of the first one may still owe refunds: giving the lease back changes nothing.
      await expect(take({ walletId: 'wallet-two' })).rejects.toMatchObject({ code: 'config_invalid' })
    })

    test('is lost in time when somebody takes it by force', async () => {
      const lock = await take()
      const body = { spec: { holderIdentity: 'intruder' } }
      const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace.name}/leases/paygress`
      await namespace.ask({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' })
      await until('the loss', () => lock.lost.aborted, 15_000)
      expect(lock.isFresh()).toBe(false)
      await lock.release()
    })

    test('ends a wait when the daemon is told to stop', async () => {
      const first = await take()
      const stop = new AbortController()
      const waiting = take({}, stop.signal)
      stop.abort()
      await expect(waiting).rejects.toThrow(/abort/i)
      await first.release()
    })
  })

  test('the second of two daemons on one data folder takes over within 15 seconds, and nothing is handled twice', async () => {
    await using mint = await disposable(
      startMint({ units: [{ unit: 'sat', inputFeePpk: 100 }], settleAfterMs: 0 }),
    )
    await using relay = await disposable(startRelay({ auth: true }))
    const dir = temporaryFolder('provider')
    const serve = () =>
      launchServe({
        dir,
        relays: [relay.url],
        mints: [mint.url],
        env: {
          BACKEND: 'kubernetes',
          KUBECONFIG: place.cluster.kubeconfig,
          POD_NAMESPACE: namespace.name,
          SSH_HOST: NODE_HOST,
          SSH_PORT_RANGE_START: String(TEST_PORTS.first),
          SSH_PORT_RANGE_END: String(TEST_PORTS.last),
          BASE_IMAGE: 'paygress/ssh:latest',
        },
      })
    const first = serve()
    await until('the first daemon', () => first.stderr().includes('"msg":"serving"'), 30_000)
    const second = serve()
    await until('the second daemon standing by', () => second.stderr().includes('standing by'), 30_000)
    const buyer = consumer({ relays: [relay.url], mint: mint.url })
    await buyer.run(['wallet', 'fund', '500'])
    const bought = await buyer.ask(buyDocument, ['buy', '--spec', 'basic', '--for', '90s'])

    first.signal('SIGKILL')
    const killedAt = performance.now()
    await until('the second daemon serving', () => second.stderr().includes('"msg":"serving"'), 30_000)
    expect(performance.now() - killedAt).toBeLessThan(15_000)
    const stopped = await buyer.ask(stopDocument, ['stop', bought.pod_npub])
    expect(stopped.refunded_sat).toBeGreaterThan(0)
    const again = await buyer.ask(buyDocument, ['buy', '--spec', 'basic', '--for', '60s'])
    expect(again.pod_npub).not.toBe(bought.pod_npub)
    expect(second.stderr().match(/a machine is ready and paid/g)).toHaveLength(1)
    const ended = await second.end('SIGTERM')
    expect(ended.code).toBe(0)
  })
})

async function disposable<Thing extends { close(): Promise<void> }>(
  starting: Promise<Thing>,
): Promise<Thing & AsyncDisposable> {
  const thing = await starting
  return { ...thing, [Symbol.asyncDispose]: () => thing.close() }
}
