// Does a namespace for each lease keep the contract of the port, with the rights that its file grants, and does none of them stay?
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as z from 'zod'
import { PERMISSIONS_PER_POD } from '../../src/compute/kubernetes/check-permissions.ts'
import { connectCluster } from '../../src/compute/kubernetes/cluster-connection.ts'
import type { ApiRequest } from '../../src/compute/kubernetes/cluster-connection.ts'
import type { KubernetesComputeOptions } from '../../src/compute/kubernetes/kubernetes-options.ts'
import { jobName } from '../../src/compute/kubernetes/object-names.ts'
import type { Compute } from '../../src/provider/compute-port.ts'
import {
  type ComputeUnderTest,
  describeComputeContract,
  machineRequest,
} from '../contract/compute-contract.ts'
import { auditLog, type AuditLog } from '../support/audit-log.ts'
import { daemonKubeconfig } from '../support/kubernetes/daemon-kubeconfig.ts'
import { applyManifests, readManifests } from '../support/kubernetes/manifests.ts'
import { openCompute, TEST_GRACE_SEC } from '../support/kubernetes-setup.ts'
import { startNodeStandIn, type NodeStandIn } from '../support/node-stand-in.ts'
import { startCluster, type Cluster } from '../support/peers/cluster.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { until } from '../support/peers/until.ts'

const HOME = 'user-workloads'
const namesSchema = z.object({
  items: z.array(z.object({ metadata: z.object({ name: z.string() }) })),
})

requirePeer('cluster')('a namespace for each lease', () => {
  let cluster: Cluster
  let node: NodeStandIn
  let audit: AuditLog
  let kubeconfig: string
  beforeAll(async () => {
    audit = auditLog()
    cluster = await startCluster({ apiserverArgs: audit.apiserverArgs })
    node = await startNodeStandIn(cluster.kubeconfig)
    await applyManifests(cluster.kubeconfig, [
      ...readManifests('k8s/sidecar-service.yaml'),
      ...readManifests('k8s/networkpolicy.yaml'),
      ...readManifests('k8s/rights/namespace-per-pod.yaml'),
    ])
    kubeconfig = await daemonKubeconfig(cluster.kubeconfig)
  })
  afterAll(async () => {
    await node[Symbol.asyncDispose]()
    await cluster.stop()
  })

  async function ask(request: ApiRequest): Promise<unknown> {
    const connection = await connectCluster({ kubeconfig: cluster.kubeconfig }, Date)
    const answer = await connection.send(request)
    await connection.close()
    if (!answer.ok) throw new Error(answer.problem.message)
    return answer.body
  }
  const namesIn = async (path: string): Promise<string[]> =>
    namesSchema
      .parse(await ask({ method: 'GET', path }))
      .items.map(({ metadata }) => metadata.name)
      .toSorted()
  const ofLeases = async (): Promise<string[]> =>
    (await namesIn('/api/v1/namespaces')).filter((name) => name.startsWith('ssh-pod-'))

  /** A back end that also does what a daemon has it do. */
  async function open(changes: Partial<KubernetesComputeOptions> = {}): Promise<Compute> {
    const compute = await openCompute(kubeconfig, HOME, { namespacePerPod: true, ...changes })
    const stop = new AbortController()
    const watching = compute.watch({ onEnd: () => undefined, onGap: () => undefined }, stop.signal)
    return {
      ...compute,
      close: async () => {
        stop.abort()
        await watching
        await compute.close()
      },
    }
  }

  async function make(): Promise<ComputeUnderTest> {
    let compute = await open()
    return {
      compute,
      restart: async () => {
        await compute.close()
        compute = await open()
        return compute
      },
      dispose: async () => {
        for (const { leaseId } of await compute.list()) await compute.end(leaseId)
        await until('the end of the namespaces', async () => (await ofLeases()).length === 0)
        await compute.close()
        if (node.problems.length > 0) throw new Error(`the node failed: ${node.problems.join('; ')}`)
      },
    }
  }

  describeComputeContract('Kubernetes with a namespace for each lease', make, {
    lateMs: 2_000 + TEST_GRACE_SEC * 1_000,
  })

  test('fences the machine in as its provider’s is, and goes with it', async () => {
    const compute = await open()
    const request = machineRequest(1)
    await compute.reserve(request)
    const name = jobName(request.leaseId)
    expect(await ofLeases()).toEqual([name])
    expect(await ask({ method: 'GET', path: `/api/v1/namespaces/${name}` })).toMatchObject({
      metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } },
    })
    const policies = (namespace: string): string =>
      `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`
    const copies = await namesIn(policies(name))
    expect(copies).toEqual(await namesIn(policies(HOME)))
    expect(copies).toHaveLength(4)
    await compute.end(request.leaseId)
    await expect.poll(ofLeases, { timeout: 20_000 }).toEqual([])
    await compute.close()
  })

  test('that a dying daemon left without a lease is swept, a young one and one of another provider are not', async () => {
    const left = (name: string, home: string): ApiRequest => ({
      method: 'POST',
      path: '/api/v1/namespaces',
      body: {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name, labels: { app: 'paygress-ssh-pod', 'paygress.io/home': home } },
      },
    })
    await ask(left('ssh-pod-00000001', HOME))
    await ask(left('ssh-pod-00000002', 'elsewhere'))
    const patient = await open()
    await expect
      .poll(() => audit.requestsOf(':paygress-sidecar').at(-1)?.requestURI, { timeout: 20_000 })
      .toContain('watch=true')
    expect(await ofLeases()).toEqual(['ssh-pod-00000001', 'ssh-pod-00000002'])
    await patient.close()
    const eager = await open({ orphanAfterSec: -1 })
    await expect.poll(ofLeases, { timeout: 20_000 }).toEqual(['ssh-pod-00000002'])
    await eager.close()
    await ask({ method: 'DELETE', path: '/api/v1/namespaces/ssh-pod-00000002' })
  })

  test('is another place than one namespace for all: no lease of the one is taken for lost in the other', async () => {
    const [apart, together] = [await open(), await openCompute(kubeconfig, HOME)]
    const ids = await Promise.all([apart, together].map(async (one) => (await one.check()).clusterId))
    expect(new Set(ids).size).toBe(2)
    await Promise.all([apart.close(), together.close()])
  })

  test('needs exactly the rights that its file grants', async () => {
    const compute = await open()
    expect(await compute.check()).toMatchObject({ ok: true })
    const request = machineRequest(7)
    await Promise.all([compute.reserve(request), compute.list()])
    await compute.close()
    const again = await open()
    await again.reserve(request)
    // Without any room for pods the reason is looked up among the events.
    const quotas = `/api/v1/namespaces/${jobName(request.leaseId)}/resourcequotas`
    const spec = { hard: { pods: '0' } }
    const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'none' }, spec }
    await ask({ method: 'POST', path: quotas, body: quota })
    await until('the quota', async () =>
      JSON.stringify(await ask({ method: 'GET', path: quotas })).includes('"used"'),
    )
    await again.start(request.leaseId, 60)
    await expect(again.waitReady(request.leaseId, AbortSignal.timeout(20_000))).rejects.toMatchObject({
      message: 'the quota of the namespace is used up',
    })
    await again.end(request.leaseId)
    await again.close()
    const made = audit.requestsOf(':paygress-sidecar')
    expect(made.filter(({ responseStatus }) => responseStatus?.code === 403)).toEqual([])
    const used = new Set(made.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`))
    const granted = PERMISSIONS_PER_POD.flatMap(({ resource, verbs }) =>
      verbs.map((verb) => `${verb} ${resource}`),
    )
    expect(granted.filter((right) => !used.has(right))).toEqual([])
    const rules = z
      .object({ rules: z.array(z.object({ resources: z.array(z.string()), verbs: z.array(z.string()) })) })
      .parse(readManifests('k8s/rights/namespace-per-pod.yaml')[0]).rules
    const inFile = rules.flatMap(({ resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
    )
    expect(inFile.toSorted()).toEqual(granted.toSorted())
  })
})
