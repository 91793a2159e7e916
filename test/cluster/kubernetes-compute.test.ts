// The contract of the port, on a genuine control plane.
import { afterAll, beforeAll } from 'vitest'
import type { Compute } from '../../src/provider/compute-port.ts'
import { describeComputeContract } from '../contract/compute-contract.ts'
import { describeReadinessContract, type LosablePlace } from '../contract/readiness-contract.ts'
import { openCompute, TEST_GRACE_SEC } from '../support/kubernetes-setup.ts'
import { makeNamespace } from '../support/namespace.ts'
import { startNodeStandIn, type NodeStandIn } from '../support/node-stand-in.ts'
import { startCluster, type Cluster } from '../support/peers/cluster.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { namesOf } from './rented-place.ts'

requirePeer('cluster')('on the genuine control plane', () => {
  let cluster: Cluster
  let node: NodeStandIn
  beforeAll(async () => {
    cluster = await startCluster()
    node = await startNodeStandIn(cluster.kubeconfig)
  })
  afterAll(async () => {
    await node[Symbol.asyncDispose]()
    await cluster.stop()
  })

  async function make(): Promise<LosablePlace> {
    const namespace = await makeNamespace(cluster.kubeconfig)
    const open = async (): Promise<Compute> => openCompute(cluster.kubeconfig, namespace.name)
    let compute = await open()
    return {
      compute,
      restart: async () => {
        await compute.close()
        compute = await open()
        return compute
      },
      restartSsh: async (lease) => node.restartSsh(lease),
      makeAgain: async (lease) => {
        for (const name of await namesOf(namespace, 'pods')) {
          await namespace.ask({ method: 'DELETE', path: namespace.path(`pods/${name}`) })
        }
        await compute.waitReady(lease, AbortSignal.timeout(15_000))
      },
      dispose: async () => {
        for (const { leaseId } of await compute.list()) await compute.end(leaseId)
        await compute.close()
        await namespace.dispose()
        if (node.problems.length > 0) throw new Error(`the node failed: ${node.problems.join('; ')}`)
      },
    }
  }

  describeComputeContract('Kubernetes', make, { lateMs: 2_000 + TEST_GRACE_SEC * 1_000 })
  describeReadinessContract('Kubernetes', true, make)
})
