// Does anything stay behind, or any sat get lost, after hundreds of random purchases, top-ups, stops, expiries and killed daemons?
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startMint } from '../../src/devnet/mint/start-mint.ts'
import { startRelay } from '../../src/devnet/relay/start-relay.ts'
import { auditLog } from '../support/audit-log.ts'
import { openCompute, TEST_PORTS } from '../support/kubernetes-setup.ts'
import { makeNamespace } from '../support/namespace.ts'
import { startNodeStandIn } from '../support/node-stand-in.ts'
import { startCluster } from '../support/peers/cluster.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { until } from '../support/peers/until.ts'
import { clusterEnvironment } from '../support/product/cluster-provider.ts'
import { ledgerOf } from '../support/product/journals.ts'
import { heldSat } from '../support/product/money.ts'
import { startProvider } from '../support/product/provider-daemon.ts'
import { openTenant } from '../support/product/random-tenant.ts'
import { diceOf } from '../support/weather/dice.ts'
import { testSpecId } from '../support/test-ids.ts'
import { namesOf } from './rented-place.ts'

// What fits into a run of the whole suite; every death costs the time that a daemon waits for the turn of the one before.
const DEEDS = Number(process.env['LEAK_DEEDS'] ?? 40)
const SEED = Number(process.env['LEAK_SEED'] ?? Date.now() % 1_000_000)
const TENANTS = 5
const SPEC = { id: testSpecId('basic'), cpuMillicores: 100, memoryMb: 1_024 }
/** An expired Job is kept for two minutes, for a daemon that was away. */
const KEPT_MS = 180_000

requirePeer('cluster')('what stays behind', () => {
  const timeout = 360_000 + DEEDS * 4_000
  test(`is nothing after ${DEEDS} deeds and many deaths (LEAK_SEED=${SEED})`, { timeout }, async () => {
    const audit = auditLog()
    await using cluster = await startCluster({ apiserverArgs: audit.apiserverArgs })
    await using node = await startNodeStandIn(cluster.kubeconfig)
    const mint = await startMint({ units: [{ unit: 'sat', inputFeePpk: 100 }], settleAfterMs: 0 })
    const relay = await startRelay({ auth: true })
    const namespace = await makeNamespace(cluster.kubeconfig)
    await using provider = await startProvider({
      relays: [relay.url],
      mints: [mint.url],
      env: {
        ...(await clusterEnvironment(cluster.kubeconfig, namespace)),
        RATE_LIMIT_PER_SENDER: '10000',
        RATE_LIMIT_PER_RELAY: '100000',
        // A buyer who died while they waited costs the machine at most this.
        STARTUP_ALLOWANCE_SECONDS: '30',
      },
    })
    const { signal } = new AbortController()
    const seconds = { least: 10, most: 40 }
    const tenants = await Promise.all(
      Array.from({ length: TENANTS }, (_, at) =>
        openTenant({
          relay: relay.url,
          mint: mint.url,
          fundsSat: 2_000n,
          dice: diceOf(SEED + at).throw,
          seconds,
          signal,
        }),
      ),
    )

    let begun = 0
    const counts = new Map<string, number>()
    const deeds = tenants.map(async (tenant) => {
      while (begun++ < DEEDS) {
        const { deed, outcome } = await tenant.act()
        const what = `${deed} ${outcome}`
        counts.set(what, (counts.get(what) ?? 0) + 1)
      }
    })
    let kills = 0
    const dice = diceOf(SEED + TENANTS).throw
    const work = Promise.all(deeds)
    while (begun < DEEDS) {
      // Between any two lines of its work: nobody knows what it is doing just then.
      await pause(1_000 + dice() * 19_000)
      await provider.kill()
      kills += 1
      await provider.restart()
    }
    await work

    let open: string[] = []
    await until(
      'the end of every order',
      async () => {
        open = (await Promise.all(tenants.map(async (tenant) => tenant.settle()))).flat()
        return open.length === 0
      },
      120_000,
    )
    const kinds = ['jobs', 'services', 'secrets', 'pods'] as const
    const left = async (): Promise<string[]> =>
      (await Promise.all(kinds.map(async (kind) => namesOf(namespace, kind)))).flat()
    await until('the end of the last object', async () => (await left()).length === 0, KEPT_MS)
    const states = tenants.flatMap((tenant) => tenant.states())
    console.log(`seed ${SEED}, ${kills} kills,`, Object.fromEntries(counts), countsOf(states))

    expect(open).toEqual([])
    expect(await left()).toEqual([])
    expect(node.problems).toEqual([])
    expect(states.filter((state) => !ENDED.includes(state))).toEqual([])
    // Who was answered has what they were told: a purchase in vain had its reason.
    expect(counts.get('buy done') ?? 0).toBeGreaterThan(DEEDS / 10)
    const compute = await openCompute(cluster.kubeconfig, namespace.name)
    const ports = TEST_PORTS.last - TEST_PORTS.first + 1
    expect(await compute.capacity([SPEC])).toEqual(new Map([[SPEC.id, ports]]))
    await compute.close()

    await provider.stop()
    expect(ledgerOf(provider.databasePath).filter(({ state }) => !SETTLED.includes(state))).toEqual([])
    const requests = audit.requestsOf(`:${namespace.name}:daemon`)
    expect(requests.filter(({ responseStatus }) => responseStatus?.code === 403)).toEqual([])
    const paths = [provider.databasePath, ...tenants.map(({ databasePath }) => databasePath)]
    const held = await Promise.all(paths.map(async (path) => heldSat(path, mint.url)))
    expect(BigInt(held.reduce((sum, sat) => sum + sat, 0))).toBe(mint.stats().outstanding)

    await Promise.all(tenants.map(async (tenant) => tenant.close()))
    await namespace.dispose()
    await Promise.all([relay.close(), mint.close()])
  })
})

/** Of a buyer's order: the machine was there, or the money is back. */
const ENDED = ['ready', 'stopped', 'expired', 'refunded', 'reclaimed']
/** Of a provider's order. */
const SETTLED = ['delivered', 'refused', 'stopped']

function countsOf(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}
