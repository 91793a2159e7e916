// Which rights does the back end need, what do its orders cost the API server, and does any secret leave the Secret?
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PERMISSIONS } from '../../src/compute/kubernetes/check-permissions.ts'
import { takeDaemonLease } from '../../src/compute/kubernetes/daemon-lease.ts'
import type { Compute } from '../../src/provider/compute-port.ts'
import { machineRequest } from '../contract/compute-contract.ts'
import { auditLog, type AuditEvent, type AuditLog } from '../support/audit-log.ts'
import { openCompute } from '../support/kubernetes-setup.ts'
import { makeNamespace, type TestNamespace } from '../support/namespace.ts'
import { quietLog } from '../support/quiet-log.ts'
import { startNodeStandIn, type NodeStandIn } from '../support/node-stand-in.ts'
import { startCluster, type Cluster } from '../support/peers/cluster.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { makeServiceAccount } from '../support/service-account.ts'
import { NODE_HOST } from '../support/node/node-host.ts'

requirePeer('cluster')('the rights of the daemon', () => {
  let cluster: Cluster
  let node: NodeStandIn
  let audit: AuditLog
  let namespace: TestNamespace
  let compute: Compute
  let kubeconfig: string
  const inSeconds = (seconds: number): Date => new Date(Math.ceil(Date.now() / 1000 + seconds) * 1000)
  const requests = (): AuditEvent[] => audit.requestsOf(`:${namespace.name}:daemon`)

  beforeAll(async () => {
    audit = auditLog()
    cluster = await startCluster({ apiserverArgs: audit.apiserverArgs })
    node = await startNodeStandIn(cluster.kubeconfig)
    namespace = await makeNamespace(cluster.kubeconfig)
    kubeconfig = await makeServiceAccount(cluster.kubeconfig, namespace, 'daemon', PERMISSIONS)
    compute = await openCompute(kubeconfig, namespace.name)
  })
  afterAll(async () => {
    await compute.close()
    await namespace.dispose()
    await node[Symbol.asyncDispose]()
    await cluster.stop()
  })

  test('an order costs the API server seven requests, however many leases there are', async () => {
    const warm = machineRequest(1)
    await compute.reserve(warm)
    await compute.start(warm.leaseId, 60)
    await compute.waitReady(warm.leaseId, AbortSignal.timeout(10_000))
    const before = requests().length
    const { leaseId } = machineRequest(2)
    await compute.reserve(machineRequest(2))
    await compute.start(leaseId, 60)
    await compute.waitReady(leaseId, AbortSignal.timeout(10_000))
    await compute.setEnd(leaseId, 'payment', inSeconds(100))
    await compute.setEnd(leaseId, 'topup', inSeconds(200))
    await compute.end(leaseId)
    const made = requests()
      .slice(before)
      .map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`)
    // Where a pod is slow to come it is asked why.
    expect(made.filter((request) => request !== 'list events')).toEqual([
      'create jobs',
      'create secrets',
      'create services',
      'patch jobs',
      'patch jobs',
      'patch jobs',
      'delete jobs',
    ])
  })

  const takeTurn = () =>
    takeDaemonLease(
      {
        choice: { kubeconfig },
        namespace: namespace.name,
        identity: 'npub',
        walletId: 'wallet',
        clock: Date,
        random: { bytes: (count) => randomBytes(count) },
        log: quietLog(),
      },
      AbortSignal.timeout(20_000),
    )

  test('are all granted, all used, and never too few', async () => {
    expect(await compute.check()).toMatchObject({ ok: true })
    expect(await compute.trial?.()).toMatchObject([{ level: 'ok' }])
    await compute.capacity([])
    await compute.describe(machineRequest(1).leaseId)
    await compute.reserve(machineRequest(3))
    await compute.list()
    const restarted = machineRequest(3)
    const [one] = await Promise.all([compute.reserve(restarted), compute.list()])
    expect(one.port).toBeGreaterThan(0)
    // Without any room for pods the reason is looked up among the events.
    const spec = { hard: { pods: '0' } }
    const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'none' }, spec }
    await namespace.ask({ method: 'POST', path: namespace.path('resourcequotas'), body: quota })
    await expect
      .poll(async () =>
        JSON.stringify(await namespace.ask({ method: 'GET', path: namespace.path('resourcequotas/none') })),
      )
      .toContain('"used"')
    await compute.start(restarted.leaseId, 60)
    await expect(compute.waitReady(restarted.leaseId, AbortSignal.timeout(20_000))).rejects.toMatchObject({
      message: 'the quota of the namespace is used up',
    })
    await namespace.ask({ method: 'DELETE', path: namespace.path('resourcequotas/none') })
    await (await takeTurn()).release()
    const made = requests()
    expect(made.filter(({ responseStatus }) => responseStatus?.code === 403)).toEqual([])
    const used = new Set(made.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`))
    const granted = PERMISSIONS.flatMap(({ resource, verbs }) => verbs.map((verb) => `${verb} ${resource}`))
    expect(granted.filter((right) => !used.has(right))).toEqual([])
  })

  test('that are missing are named, each with what to do', async () => {
    const fewer = PERMISSIONS.filter(({ resource }) => resource !== 'events').map((permission) => ({
      ...permission,
      verbs: permission.verbs.filter((verb) => verb !== 'patch'),
    }))
    const kubeconfig = await makeServiceAccount(cluster.kubeconfig, namespace, 'newcomer', fewer)
    const poor = await openCompute(kubeconfig, namespace.name)
    const { ok, findings } = await poor.check()
    expect(ok).toBe(false)
    expect(findings.filter(({ level }) => level === 'fail')).toEqual([
      {
        level: 'fail',
        what: `patch on jobs is not granted in the namespace ${namespace.name}`,
        fix: 'kubectl apply -f k8s/sidecar-service.yaml grants it',
      },
      {
        level: 'fail',
        what: `patch on leases is not granted in the namespace ${namespace.name}`,
        fix: 'kubectl apply -f k8s/sidecar-service.yaml grants it',
      },
    ])
    expect(findings.filter(({ level }) => level === 'warn')).toMatchObject([
      { what: expect.stringContaining('list on events is not granted') },
    ])
    await poor.close()
  })

  test('credentials that the cluster does not know are said to be wrong', async () => {
    const kubeconfig = await makeServiceAccount(cluster.kubeconfig, namespace, 'leaver', [])
    await namespace.ask({ method: 'DELETE', path: namespace.path('serviceaccounts/leaver') })
    const stranger = await openCompute(kubeconfig, namespace.name)
    await expect
      .poll(async () => (await stranger.check()).findings, { timeout: 20_000 })
      .toMatchObject([{ level: 'fail', fix: expect.stringContaining('renew') }])
    await stranger.close()
  })

  test('a namespace that enforces Pod Security "baseline" admits the machine', async () => {
    await namespace.ask({
      method: 'PATCH',
      path: `/api/v1/namespaces/${namespace.name}`,
      contentType: 'application/merge-patch+json',
      body: { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } } },
    })
    const request = machineRequest(5)
    await compute.reserve(request)
    await compute.start(request.leaseId, 60)
    expect(await compute.waitReady(request.leaseId, AbortSignal.timeout(10_000))).toMatchObject({
      host: NODE_HOST,
    })
  })

  test('no object but the Secret holds the password, a key, or the pod’s own key', async () => {
    const request = machineRequest(4, {
      password: 'correct horse battery',
      authorizedKey: 'ssh-ed25519 AAAAtenant ann',
    })
    await compute.reserve(request)
    await compute.start(request.leaseId, 60)
    await compute.waitReady(request.leaseId, AbortSignal.timeout(20_000))
    const kinds = ['jobs', 'pods', 'services', 'events', 'configmaps', 'endpoints']
    const objects = await Promise.all(
      kinds.map(async (kind) =>
        JSON.stringify(await namespace.ask({ method: 'GET', path: namespace.path(kind) })),
      ),
    )
    const all = objects.join('\n')
    const [, keyLine = ''] = request.hostPrivateKey.split('\n')
    for (const secret of [request.password, 'AAAAtenant', keyLine, request.podSecretKey]) {
      expect(all.includes(secret ?? 'nothing')).toBe(false)
    }
    expect(all).toContain(request.podNpub)
    const secret = JSON.stringify(await namespace.ask({ method: 'GET', path: namespace.path('secrets') }))
    expect(secret).toContain(Buffer.from(request.podSecretKey).toString('base64'))
  })
})
