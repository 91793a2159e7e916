// Do two daemons of one identity take turns, and does a stranger's wallet stay out?
import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { takeDaemonLease } from '../../src/compute/kubernetes/daemon-lease.ts'
import type { Clock } from '../../src/core/clock.ts'
import { startMint } from '../../src/devnet/mint/start-mint.ts'
import { startRelay } from '../../src/devnet/relay/start-relay.ts'
import { startApiProxy } from '../support/api-proxy.ts'
import { TEST_PORTS } from '../support/kubernetes-setup.ts'
import { makeNamespace, type TestNamespace } from '../support/namespace.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { until } from '../support/peers/until.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { type Consumer, consumer } from '../support/product/consumer.ts'
import { buyDocument, stopDocument } from '../support/product/documents.ts'
import { quietLog } from '../support/quiet-log.ts'
import type { RunningCli } from '../support/run-cli.ts'
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
    change: { identity?: string; walletId?: string; clock?: Clock } = {},
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
      await namespace.ask({
        method: 'PATCH',
        path: leasePath(),
        body,
        contentType: 'application/merge-patch+json',
      })
      // At the next renewal, long before it would have run out.
      await until('the loss', () => lock.lost.aborted, 6_000)
      expect(lock.isFresh()).toBe(false)
      await lock.release()
    })

    test('is not written by after a sleep that only the clock on the wall has counted', async () => {
      let asleepMs = 0
      const lock = await take({ clock: { now: () => Date.now() + asleepMs } })
      expect(lock.isFresh()).toBe(true)
      asleepMs = 20_000
      expect(lock.isFresh()).toBe(false)
      await until('the next renewal', () => lock.isFresh(), 10_000)
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

  const leasePath = (): string => `/apis/coordination.k8s.io/v1/namespaces/${namespace.name}/leases/paygress`

  /** When the daemon whose turn it is got it, by its own clock. */
  async function takenAt(): Promise<number> {
    const schema = z.object({ spec: z.object({ acquireTime: z.string() }) })
    const lease = schema.parse(await namespace.ask({ method: 'GET', path: leasePath() }))
    return Date.parse(lease.spec.acquireTime)
  }

  /** Starts daemons of one provider, as many as wanted, and a buyer with money. */
  async function oneProvider(
    stack: AsyncDisposableStack,
  ): Promise<{ serve: (kubeconfig?: string) => RunningCli; buyer: Consumer }> {
    const mint = await startMint({ units: [{ unit: 'sat', inputFeePpk: 100 }], settleAfterMs: 0 })
    stack.defer(() => mint.close())
    const relay = await startRelay({ auth: true })
    stack.defer(() => relay.close())
    const dir = temporaryFolder('provider')
    const serve = (kubeconfig = place.cluster.kubeconfig): RunningCli =>
      launchServe({
        dir,
        relays: [relay.url],
        mints: [mint.url],
        env: {
          BACKEND: 'kubernetes',
          KUBECONFIG: kubeconfig,
          POD_NAMESPACE: namespace.name,
          SSH_HOST: NODE_HOST,
          SSH_PORT_RANGE_START: String(TEST_PORTS.first),
          SSH_PORT_RANGE_END: String(TEST_PORTS.last),
          BASE_IMAGE: 'paygress/ssh:latest',
        },
      })
    const buyer = consumer({ relays: [relay.url], mint: mint.url })
    await buyer.run(['wallet', 'fund', '500'])
    return { serve, buyer }
  }

  const serving = async (who: string, daemon: RunningCli): Promise<void> =>
    until(who, () => daemon.stderr().includes('"msg":"serving"'), 30_000)
  const standingBy = async (who: string, daemon: RunningCli): Promise<void> =>
    until(who, () => daemon.stderr().includes('standing by'), 30_000)

  test('the second of two daemons on one data folder takes over within 15 seconds, and nothing is handled twice', async () => {
    await using stack = new AsyncDisposableStack()
    const { serve, buyer } = await oneProvider(stack)
    const first = serve()
    await serving('the first daemon', first)
    const second = serve()
    await standingBy('the second daemon', second)
    const bought = await buyer.ask(buyDocument, ['buy', '--spec', 'basic', '--for', '90s'])

    first.signal('SIGKILL')
    const killedAt = Date.now()
    await serving('the second daemon', second)
    expect((await takenAt()) - killedAt).toBeLessThan(15_000)
    const stopped = await buyer.ask(stopDocument, ['stop', bought.pod_npub])
    expect(stopped.refunded_sat).toBeGreaterThan(0)
    const again = await buyer.ask(buyDocument, ['buy', '--spec', 'basic', '--for', '60s'])
    expect(again.pod_npub).not.toBe(bought.pod_npub)
    expect(second.stderr().match(/a machine is ready and paid/g)).toHaveLength(1)
    const ended = await second.end('SIGTERM')
    expect(ended.code).toBe(0)
  })

  test('one that slept over the order it was working on wakes up to a delivered one, and leaves its machine alone', async () => {
    await using stack = new AsyncDisposableStack()
    const { serve, buyer } = await oneProvider(stack)
    let fallAsleep = (): void => undefined
    const proxy = await startApiProxy(place.cluster.kubeconfig, {
      // With the answer to the last request of its reservation on the way.
      tells: ({ method, path }) => {
        if (method === 'POST' && path.endsWith('/services')) fallAsleep()
        return true
      },
    })
    stack.use(proxy)
    const first = serve(proxy.through(place.cluster.kubeconfig))
    await serving('the first daemon', first)
    fallAsleep = () => first.signal('SIGSTOP')
    const second = serve()
    await standingBy('the second daemon', second)

    const bought = await buyer.ask(buyDocument, ['buy', '--spec', 'basic', '--for', '300s'])
    expect(second.stderr()).toContain('a machine is ready and paid')
    first.signal('SIGCONT')
    await until('the end of the first daemon', () => first.hasExited(), 20_000)
    await second.end('SIGTERM')

    const third = serve()
    await serving('the third daemon', third)
    const login = await buyer.run(['ssh', bought.pod_npub, '--', 'echo', 'inside'])
    expect(login).toMatchObject({ code: 0, stdout: 'inside\n' })
    const stopped = await buyer.ask(stopDocument, ['stop', bought.pod_npub])
    expect(stopped.refunded_sat).toBeGreaterThan(0)
    await third.end('SIGTERM')
  })
})
