// A control plane with a node for one test file, and a namespace with an open back end for each test.
import { afterAll, afterEach, beforeAll } from 'vitest'
import * as z from 'zod'
import type { KubernetesComputeOptions } from '../../src/compute/kubernetes/kubernetes-options.ts'
import type { LeaseId } from '../../src/core/ids.ts'
import type { Compute, MachineRequest } from '../../src/provider/compute-port.ts'
import { machineRequest } from '../contract/compute-contract.ts'
import { openCompute } from '../support/kubernetes-setup.ts'
import { makeNamespace, type TestNamespace } from '../support/namespace.ts'
import { startNodeStandIn, type NodeStandIn } from '../support/node-stand-in.ts'
import { startCluster, type Cluster } from '../support/peers/cluster.ts'

export interface RentedPlace {
  cluster: Cluster
  node: NodeStandIn
}

const closing: (() => Promise<void>)[] = []

/** Starts both before the tests of the file and stops them after. */
export function useCluster(): RentedPlace {
  const place: Partial<RentedPlace> = {}
  beforeAll(async () => {
    place.cluster = await startCluster()
    place.node = await startNodeStandIn(place.cluster.kubeconfig)
  })
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close()
  })
  afterAll(async () => {
    await place.node?.[Symbol.asyncDispose]()
    await place.cluster?.stop()
  })
  return {
    get cluster() {
      if (place.cluster === undefined) throw new Error('the cluster was not started')
      return place.cluster
    },
    get node() {
      if (place.node === undefined) throw new Error('the node was not started')
      return place.node
    },
  }
}

export interface Rented {
  namespace: TestNamespace
  compute: Compute
  /** Reserves, starts and waits. */
  rent(n: number, allowanceSec?: number, changes?: Partial<MachineRequest>): Promise<LeaseId>
}

/** A namespace of its own and the back end in it; both go after the test. */
export async function openPlace(
  { cluster }: RentedPlace,
  changes: Partial<KubernetesComputeOptions> = {},
): Promise<Rented> {
  const namespace = await makeNamespace(cluster.kubeconfig)
  const compute = await openCompute(cluster.kubeconfig, namespace.name, changes)
  closing.push(async () => {
    for (const { leaseId } of await compute.list()) await compute.end(leaseId)
    await compute.close()
    await namespace.dispose()
  })
  return {
    namespace,
    compute,
    rent: async (n, allowanceSec = 60, more = {}) => {
      const request = machineRequest(n, more)
      await compute.reserve(request)
      await compute.start(request.leaseId, allowanceSec)
      await compute.waitReady(request.leaseId, AbortSignal.timeout(15_000))
      return request.leaseId
    },
  }
}

const namesSchema = z.object({
  items: z.array(z.object({ metadata: z.object({ name: z.string(), uid: z.string() }) })),
})

/** Names of what is in the namespace. */
export async function namesOf(
  namespace: TestNamespace,
  kind: 'jobs' | 'services' | 'secrets' | 'pods',
): Promise<string[]> {
  const { items } = namesSchema.parse(await namespace.ask({ method: 'GET', path: namespace.path(kind) }))
  return items.map(({ metadata }) => metadata.name)
}

/** The uids of the pods. */
export async function podUids(namespace: TestNamespace, lease: LeaseId): Promise<string[]> {
  const query = { labelSelector: `paygress.io/lease=${lease}` }
  const { items } = namesSchema.parse(
    await namespace.ask({ method: 'GET', path: namespace.path('pods'), query }),
  )
  return items.map(({ metadata }) => metadata.uid)
}

const labelsSchema = z.object({
  items: z.array(z.object({ metadata: z.object({ labels: z.record(z.string(), z.string()) }) })),
})

/** The one lease in the namespace. */
export async function leaseOf(namespace: TestNamespace): Promise<string> {
  const { items } = labelsSchema.parse(await namespace.ask({ method: 'GET', path: namespace.path('jobs') }))
  const lease = items[0]?.metadata.labels['paygress.io/lease']
  if (lease === undefined || items.length > 1) throw new Error(`${items.length} leases are there, not one`)
  return lease
}
