// Does the API server admit a machine with Tor beside it, and is one without a port ready by its pod alone?
import { expect, test } from 'vitest'
import * as z from 'zod'
import { jobName, secretName } from '../../src/compute/kubernetes/object-names.ts'
import { makeOnionKey } from '../../src/ssh/onion-key.ts'
import { systemRandom } from '../../src/wiring/system.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import type { TestNamespace } from '../support/namespace.ts'
import { testSpecId } from '../support/test-ids.ts'
import { namesOf, openPlace, useCluster } from './rented-place.ts'

const SPEC = { id: testSpecId('standard'), cpuMillicores: 500, memoryMb: 256 }
const TOR = { torImage: 'registry.example/tor:1' }
const podsSchema = z.object({
  items: z.array(
    z.object({ spec: z.object({ initContainers: z.array(z.looseObject({ name: z.string() })) }) }),
  ),
})
const secretSchema = z.object({ data: z.record(z.string(), z.string()) })

requirePeer('cluster')('machines with Tor beside them', () => {
  const place = useCluster()

  async function enforceBaseline({ ask, name }: TestNamespace): Promise<void> {
    const labels = { 'pod-security.kubernetes.io/enforce': 'baseline' }
    await ask({
      method: 'PATCH',
      path: `/api/v1/namespaces/${name}`,
      contentType: 'application/merge-patch+json',
      body: { metadata: { labels } },
    })
  }

  test('are admitted at Pod Security "baseline", with the key in the Secret of the lease alone', async () => {
    const { compute, namespace, rent } = await openPlace(place, TOR)
    await enforceBaseline(namespace)
    const onion = makeOnionKey(systemRandom)
    const leaseId = await rent(1, 60, { onion })
    const pods = await namespace.ask({ method: 'GET', path: namespace.path('pods') })
    const names = podsSchema.parse(pods).items[0]?.spec.initContainers.map(({ name }) => name)
    expect(names).toEqual(['prepare', 'ssh-server', 'tor-sidecar'])
    const path = namespace.path(`secrets/${secretName(leaseId)}`)
    const { data } = secretSchema.parse(await namespace.ask({ method: 'GET', path }))
    expect(
      Buffer.from(data['hs_ed25519_secret_key'] ?? '', 'base64')
        .subarray(32)
        .toString('hex'),
    ).toBe(onion.secretKey)
    const job = await namespace.ask({ method: 'GET', path: namespace.path(`jobs/${jobName(leaseId)}`) })
    for (const text of [JSON.stringify(pods), JSON.stringify(job)]) {
      expect(text).not.toContain(data['hs_ed25519_secret_key'])
      expect(text).not.toContain(onion.secretKey)
    }
    await compute.end(leaseId)
  })

  test('take no port where none is opened, and are ready when their pod is', async () => {
    const portRange = { first: 32_000, last: 32_000 }
    const options = { ...TOR, exposure: 'none', sshHost: '', portRange } as const
    const { compute, namespace, rent } = await openPlace(place, options)
    await enforceBaseline(namespace)
    expect((await compute.check()).findings).toContainEqual({
      level: 'ok',
      what: 'no ports: machines are reached over Tor',
    })
    // The range has one port: it counts for nothing.
    expect((await compute.capacity([SPEC])).get(SPEC.id)).toBeGreaterThan(1)
    const leases = [
      await rent(1, 60, { onion: makeOnionKey(systemRandom) }),
      await rent(2, 60, { onion: makeOnionKey(systemRandom) }),
    ]
    expect(await namesOf(namespace, 'services')).toEqual([])
    for (const leaseId of leases) {
      const paid = new Date(Date.now() + 120_000)
      await compute.setEnd(leaseId, 'order/paid', paid)
      expect(await compute.describe(leaseId)).toMatchObject({ state: 'running', machine: { port: 2222 } })
      await compute.end(leaseId)
    }
  })
})
