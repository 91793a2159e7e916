// How does a node stay Ready? It makes itself known and renews its Lease.
import { setTimeout as pause } from 'node:timers/promises'
import type { ApiRequest } from '../../../src/compute/kubernetes/cluster-connection.ts'

export const NODE = 'stand-in'
export const NODE_CPUS = 64
const RENEW_MS = 10_000
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'

const CAPACITY = {
  cpu: String(NODE_CPUS),
  memory: '256Gi',
  'ephemeral-storage': '1Ti',
  pods: '5000',
}

/** Resolves when the node is known; `over` settles when the signal has fired. */
export async function keepNodeReady(
  ask: (request: ApiRequest) => Promise<unknown>,
  signal: AbortSignal,
): Promise<{ over: Promise<void> }> {
  const at = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'KubeletReady',
    lastHeartbeatTime: at,
    lastTransitionTime: at,
  }
  const status = { capacity: CAPACITY, allocatable: CAPACITY, conditions: [ready] }
  await ask({
    method: 'POST',
    path: '/api/v1/nodes',
    body: { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE }, status },
  })
  const renew = async (): Promise<void> => {
    const spec = {
      holderIdentity: NODE,
      leaseDurationSeconds: 40,
      renewTime: new Date().toISOString().replace('Z', '000Z'),
    }
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: NODE }, spec }
    const renewed = await ask({
      method: 'PATCH',
      path: `${LEASES}/${NODE}`,
      contentType: 'application/merge-patch+json',
      body: { spec },
    })
    if (renewed === undefined) await ask({ method: 'POST', path: LEASES, body: lease })
  }
  await renew()
  const keepOn = async (): Promise<void> => {
    while (!signal.aborted) {
      await pause(RENEW_MS, undefined, { signal }).catch(() => undefined)
      if (!signal.aborted) await renew()
    }
  }
  return { over: keepOn() }
}
