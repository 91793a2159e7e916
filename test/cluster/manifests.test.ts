// Does a genuine API server take everything in k8s/, and may the daemon then do its work and nothing else?
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { connectCluster } from '../../src/compute/kubernetes/cluster-connection.ts'
import type { ApiAnswer, ApiRequest } from '../../src/compute/kubernetes/cluster-connection.ts'
import { openCompute, TEST_PORTS } from '../support/kubernetes-setup.ts'
import { daemonKubeconfig } from '../support/kubernetes/daemon-kubeconfig.ts'
import { applyManifests, parseManifests, readManifests } from '../support/kubernetes/manifests.ts'
import { startNodeStandIn } from '../support/node-stand-in.ts'
import { startCluster, type Cluster } from '../support/peers/cluster.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { until } from '../support/peers/until.ts'
import { testSpecId } from '../support/test-ids.ts'

/** Not a part of this project: the overlays are tried where the machine has one. */
const KUBECTL = 'kubectl'
const ROOT = join(import.meta.dirname, '../..')
const manifests = [...readManifests('k8s/sidecar-service.yaml'), ...readManifests('k8s/networkpolicy.yaml')]

requirePeer('cluster')('the manifests on the genuine API server', () => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startCluster()
    await applyManifests(cluster.kubeconfig, manifests)
  })
  afterAll(async () => cluster.stop())

  async function ask(request: ApiRequest, kubeconfig = cluster.kubeconfig): Promise<ApiAnswer> {
    const connection = await connectCluster({ kubeconfig }, Date)
    const answer = await connection.send(request)
    await connection.close()
    return answer
  }

  test('are taken without a field that it does not know, and again without a change', async () => {
    const versions = z.array(
      z.object({ metadata: z.object({ generation: z.int().optional(), uid: z.string() }) }),
    )
    const first = versions.parse(await applyManifests(cluster.kubeconfig, manifests))
    expect(first).toHaveLength(12)
    expect(versions.parse(await applyManifests(cluster.kubeconfig, manifests))).toEqual(first)
  })

  test('make a pod of the daemon that the controllers can create', async () => {
    const podSchema = z.object({
      items: z.array(z.object({ spec: z.object({ containers: z.array(z.object({ image: z.string() })) }) })),
    })
    let image: string | undefined
    await until('the pod of the daemon', async () => {
      const answer = await ask({ method: 'GET', path: '/api/v1/namespaces/ingress-system/pods' })
      image = answer.ok ? podSchema.parse(answer.body).items[0]?.spec.containers[0]?.image : undefined
      return image !== undefined
    })
    expect(image).toBe('paygress:latest')
  })

  test('give the daemon all that its own check looks for', async () => {
    const kubeconfig = await daemonKubeconfig(cluster.kubeconfig)
    const compute = await openCompute(kubeconfig, 'user-workloads')
    const { findings } = await compute.check()
    await compute.close()
    expect(findings.filter(({ level }) => level !== 'ok')).toEqual([])
    expect(findings.map(({ what }) => what)).toContain('all permissions are granted')
  })

  test.each([
    ['read secrets', '/api/v1/namespaces/user-workloads/secrets'],
    ['see other namespaces', '/apis/batch/v1/namespaces/default/jobs'],
    ['see nodes', '/api/v1/nodes'],
    ['see its own pods', '/api/v1/namespaces/ingress-system/pods'],
  ])('do not let the daemon %s', async (_what, path) => {
    const answer = await ask({ method: 'GET', path }, await daemonKubeconfig(cluster.kubeconfig))
    expect(answer).toMatchObject({ ok: false, problem: { kind: 'forbidden' } })
  })

  const pod = (spec: object): ApiRequest => ({
    method: 'POST',
    path: '/api/v1/namespaces/user-workloads/pods',
    query: { dryRun: 'All' },
    body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'any' }, spec },
  })
  const container = { name: 'any', image: 'any' }

  test.each([
    [
      'the rights of an administrator',
      { containers: [{ ...container, securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }] },
    ],
    ['a port of the node', { containers: [{ ...container, ports: [{ containerPort: 22, hostPort: 22 }] }] }],
    ['the network of the node', { containers: [container], hostNetwork: true }],
    [
      'a folder of the node',
      { containers: [container], volumes: [{ name: 'etc', hostPath: { path: '/etc' } }] },
    ],
  ])('keep %s out of the namespace of the machines', async (_what, spec) => {
    expect(await ask(pod({ containers: [container] }))).toMatchObject({ ok: true })
    const answer = await ask(pod(spec))
    expect(answer).toMatchObject({ ok: false, problem: { status: 403 } })
    expect(answer.ok ? '' : answer.problem.message).toContain('violates PodSecurity "baseline')
  })

  test('let offers count the room on the nodes only where its rights were given, and while they are', async () => {
    const kubeconfig = await daemonKubeconfig(cluster.kubeconfig)
    const spec = { id: testSpecId('basic'), cpuMillicores: 6_399, memoryMb: 240 }
    const room = async (): Promise<number | undefined> => {
      const compute = await openCompute(kubeconfig, 'user-workloads', { storageMb: 984 })
      const found = await compute.capacity([spec])
      await compute.close()
      return found.get(spec.id)
    }
    expect(await room()).toBe(TEST_PORTS.last - TEST_PORTS.first + 1)
    const rights = readManifests('k8s/rights/node-capacity.yaml')
    await applyManifests(cluster.kubeconfig, rights)
    // The API server's authorizer hears of a grant a moment later.
    await expect.poll(room, { timeout: 10_000 }).toBe(0)
    await using node = await startNodeStandIn(cluster.kubeconfig)
    expect(await room()).toBe(10)
    let aheadMs = 0
    const clock = { now: () => Date.now() + aheadMs }
    const running = await openCompute(kubeconfig, 'user-workloads', { storageMb: 984, clock })
    const left = async (): Promise<number | undefined> => {
      aheadMs += 31_000
      return (await running.capacity([spec])).get(spec.id)
    }
    expect(await left()).toBe(10)
    const binding = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/paygress-node-capacity'
    await ask({ method: 'DELETE', path: binding })
    await expect.poll(left, { timeout: 10_000 }).toBe(TEST_PORTS.last - TEST_PORTS.first + 1)
    await running.close()
    expect(node.problems).toEqual([])
  })

  const describeWithKubectl = hasKubectl() ? describe : describe.skip
  describeWithKubectl(`the overlays${hasKubectl() ? '' : ' (skipped: kubectl is missing)'}`, () => {
    test.each(['k8s', 'examples/host/k3s'])('`kubectl apply -k %s` is taken as well', async (folder) => {
      const rendered = execFileSync(KUBECTL, ['kustomize', join(ROOT, folder)], { encoding: 'utf8' })
      const applied = parseManifests(rendered)
      expect(applied).toHaveLength(12)
      // A claim's class is fixed once it is made.
      await ask({
        method: 'DELETE',
        path: '/api/v1/namespaces/ingress-system/persistentvolumeclaims/paygress-data',
      })
      await expect(applyManifests(cluster.kubeconfig, applied)).resolves.toHaveLength(12)
    })
  })
})

function hasKubectl(): boolean {
  try {
    execFileSync(KUBECTL, ['version', '--client'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
