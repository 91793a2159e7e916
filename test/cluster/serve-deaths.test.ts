// What becomes of an order when the daemon is killed right after any of its requests to the cluster, before it has heard the answer?
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startMint, type RunningMint } from '../../src/devnet/mint/start-mint.ts'
import { startRelay, type RunningRelay } from '../../src/devnet/relay/start-relay.ts'
import type { Compute } from '../../src/provider/compute-port.ts'
import { machineRequest } from '../contract/compute-contract.ts'
import { type ApiProxy, startApiProxy } from '../support/api-proxy.ts'
import { openCompute, TEST_PORTS } from '../support/kubernetes-setup.ts'
import { makeNamespace, type TestNamespace } from '../support/namespace.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { until } from '../support/peers/until.ts'
import { clusterEnvironment } from '../support/product/cluster-provider.ts'
import { consumer, type Consumer } from '../support/product/consumer.ts'
import { buyDocument, statusDocument, stopDocument, topupDocument } from '../support/product/documents.ts'
import { heldSat } from '../support/product/money.ts'
import { startProvider, type ProviderDaemon } from '../support/product/provider-daemon.ts'
import { BASIC_SPEC } from '../support/scenario/serve-process.ts'
import { testSpecId } from '../support/test-ids.ts'
import { namesOf, useCluster } from './rented-place.ts'

/** Every request of an order that changes something, in this order. */
const REQUESTS = [
  'POST jobs',
  'POST secrets',
  'POST services',
  'PATCH jobs (start)',
  'PATCH jobs (payment)',
  'PATCH jobs (top-up)',
  'DELETE jobs',
]
const WRITES = /^(?:POST|PATCH|DELETE) \S*\/(?:jobs|secrets|services)\b/
const KINDS = ['jobs', 'services', 'secrets', 'pods'] as const
const SATS_PER_SEC = 1

requirePeer('cluster')('a daemon that is killed', () => {
  const place = useCluster()
  let mint: RunningMint
  let relay: RunningRelay
  let namespace: TestNamespace
  let proxy: ApiProxy
  let provider: ProviderDaemon
  let compute: Compute
  let buyer: Consumer
  /** Counts down to the request that the daemon does not survive. */
  let left = Number.POSITIVE_INFINITY
  let death = Promise.withResolvers<string>()

  beforeAll(async () => {
    mint = await startMint({ units: [{ unit: 'sat', inputFeePpk: 100 }], settleAfterMs: 0 })
    relay = await startRelay({ auth: true })
    namespace = await makeNamespace(place.cluster.kubeconfig)
    compute = await openCompute(place.cluster.kubeconfig, namespace.name)
    proxy = await startApiProxy(place.cluster.kubeconfig, {
      tells: ({ method, path }) => {
        if (!WRITES.test(`${method} ${path}`) || --left !== 0) return true
        void provider.kill().then(() => death.resolve(`${method} ${path}`), death.reject)
        return false
      },
    })
    const env = await clusterEnvironment(place.cluster.kubeconfig, namespace)
    provider = await startProvider({
      relays: [relay.url],
      mints: [mint.url],
      env: {
        ...env,
        STARTUP_ALLOWANCE_SECONDS: '30',
        KUBECONFIG: proxy.through(env['KUBECONFIG'] ?? ''),
        POD_SPECS: JSON.stringify([{ ...BASIC_SPEC, rate_msats_per_sec: SATS_PER_SEC * 1_000 }]),
      },
    })
    buyer = consumer({ relays: [relay.url], mint: mint.url })
    await buyer.run(['wallet', 'fund', '5000'])
  })

  afterAll(async () => {
    await provider?.stop()
    await compute?.close()
    await proxy?.[Symbol.asyncDispose]()
    await namespace?.dispose()
    await Promise.all([relay?.close(), mint?.close()])
  })

  /** The next one need not wait until the turn of the dead one is over. */
  async function freeTurn(): Promise<void> {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace.name}/leases/paygress`
    const body = { spec: { holderIdentity: '' } }
    await namespace.ask({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' })
  }

  const leftovers = async (): Promise<string[]> =>
    (await Promise.all(KINDS.map(async (kind) => namesOf(namespace, kind)))).flat()

  /** The only machine's end, as the cluster enforces it. */
  async function enforcedEnd(): Promise<number> {
    const machines = (await compute.list()).filter(({ state }) => state !== 'ended')
    expect(machines).toHaveLength(1)
    const [machine] = machines
    if (machine?.state !== 'running' && machine?.state !== 'starting') throw new Error('nothing runs')
    return machine.machine.expiresAt.getTime()
  }

  /** Buys, tops up and stops; every answer is checked against the cluster. */
  async function story(): Promise<{ paidSat: number; refundedSat: number; usedSec: number }> {
    const bought = await buyer.ask(buyDocument, ['buy', '--spec', 'basic', '--for', '200s'])
    expect(bought.state).toBe('ready')
    expect(await enforcedEnd()).toBeGreaterThanOrEqual(Date.parse(bought.expires_at))
    const login = await buyer.run(['ssh', bought.pod_npub, '--', 'echo', 'inside'])
    expect(login).toMatchObject({ code: 0, stdout: 'inside\n' })
    const topped = await buyer.ask(topupDocument, ['topup', bought.pod_npub, '--for', '100s'])
    expect(Date.parse(topped.expires_at) - Date.parse(bought.expires_at)).toBe(100_000)
    const { expires_at: told } = await buyer.ask(statusDocument, ['status', bought.pod_npub])
    expect(Date.parse(told)).toBeGreaterThanOrEqual(Date.parse(topped.expires_at))
    expect(await enforcedEnd()).toBeGreaterThanOrEqual(Date.parse(topped.expires_at))
    const stopped = await buyer.ask(stopDocument, ['stop', bought.pod_npub])
    return {
      paidSat: 300 * SATS_PER_SEC,
      refundedSat: Number(stopped.refunded_sat),
      usedSec: stopped.used_seconds,
    }
  }

  test.each(REQUESTS.map((what, at) => [at + 1, what] as const))(
    'right after request %i, %s, goes on where it was: the buyer notices a delay and nothing else',
    async (n, what) => {
      death = Promise.withResolvers()
      left = n
      const told = story()
      told.catch(() => undefined)
      const died = await Promise.race([death.promise, told.then(() => 'in no request')])
      expect(`${died.split(' ')[0]} ${/(jobs|secrets|services)/.exec(died)?.[0]}`).toBe(
        what.replace(/ \(.*/, ''),
      )
      await freeTurn()
      await provider.restart()
      const { paidSat, refundedSat, usedSec } = await told
      // Paid once, and refunded once what was not used; the mint's fees come off.
      expect(paidSat - usedSec * SATS_PER_SEC - refundedSat).toBeGreaterThanOrEqual(0)
      expect(paidSat - usedSec * SATS_PER_SEC - refundedSat).toBeLessThanOrEqual(10)
      await until('an empty cluster', async () => (await leftovers()).length === 0)
      await expect
        .poll(async () => {
          const paths = [provider.databasePath, buyer.databasePath]
          const held = await Promise.all(paths.map(async (path) => heldSat(path, mint.url)))
          return BigInt(held.reduce((sum, sat) => sum + sat, 0))
        })
        .toBe(mint.stats().outstanding)
    },
  )

  test('leaves no machine behind that no order owns, started or not, and no port', async () => {
    left = Number.POSITIVE_INFINITY
    await provider.kill()
    const [waiting, started] = [machineRequest(1), machineRequest(2)]
    await compute.reserve(waiting)
    await compute.reserve(started)
    await compute.start(started.leaseId, 60)
    await freeTurn()
    await provider.restart()
    await until('an empty cluster', async () => (await leftovers()).length === 0)
    const spec = { id: testSpecId('basic'), cpuMillicores: 100, memoryMb: 1_024 }
    expect(place.node.problems).toEqual([])
    expect(await compute.capacity([spec])).toEqual(
      new Map([[spec.id, TEST_PORTS.last - TEST_PORTS.first + 1]]),
    )
  })
})
