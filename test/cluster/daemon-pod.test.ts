// Does the daemon run in a cluster from nothing but k8s/, .env.template and pod-specs.json, and does renting from it work?
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'dotenv'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as z from 'zod'
import { startMint } from '../../src/devnet/mint/start-mint.ts'
import { startRelay } from '../../src/devnet/relay/start-relay.ts'
import { askCluster } from '../support/full-cluster/rented-machine.ts'
import { daemonKubeconfig } from '../support/kubernetes/daemon-kubeconfig.ts'
import { applyManifests, readManifests, type Manifest } from '../support/kubernetes/manifests.ts'
import { describeOnFullCluster, startFullCluster, type FullCluster } from '../support/peers/full-cluster.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { until } from '../support/peers/until.ts'
import { runCli } from '../support/run-cli.ts'
import { consumer, type Consumer } from '../support/product/consumer.ts'
import { buyDocument, fundDocument, topupDocument } from '../support/product/documents.ts'

const ROOT = join(import.meta.dirname, '../..')
const SYSTEM = '/api/v1/namespaces/ingress-system'
const DAEMON = '/apis/apps/v1/namespaces/ingress-system/deployments/paygress-sidecar'
/** Small enough that twenty of them run on any machine that runs the test. */
const TINY = {
  id: 'tiny',
  name: 'Tiny',
  description: 'A twentieth of a processor',
  cpu_millicores: 50,
  memory_mb: 64,
  rate_msats_per_sec: 10,
}

describeOnFullCluster('the daemon in a cluster', () => {
  let cluster: FullCluster
  let buyer: Consumer
  let config: Record<string, string>
  const closing: (() => Promise<void>)[] = []

  beforeAll(async () => {
    cluster = await startFullCluster()
    const relay = await startRelay({ host: cluster.outsideAddress, auth: true })
    const mint = await startMint({ host: cluster.outsideAddress })
    closing.push(relay.close, mint.close)
    const image = join(temporaryFolder('daemon-image'), 'paygress.tar')
    execFileSync(join(ROOT, 'test/peers/full-cluster/daemon-image.sh'), [process.execPath, image])
    const { code, stderr } = await cluster.ctr('images', 'import', image)
    if (code !== 0) throw new Error(`the image of the daemon was not taken: ${stderr}`)
    config = {
      NOSTR_RELAYS: relay.url,
      WHITELISTED_MINTS: mint.url,
      SSH_HOST: cluster.nodeAddress,
      BASE_IMAGE: cluster.image,
      RATE_LIMIT_PER_SENDER: '200',
    }
    await applyManifests(cluster.kubeconfig, [
      volume(join(temporaryFolder('volume'), 'data')),
      ...readManifests('k8s/namespaces.yaml'),
      configMap('paygress-env-config', { ...parse(readFileSync(join(ROOT, '.env.template'))), ...config }),
      configMap('paygress-pod-specs', { 'pod-specs.json': smallSpecs() }),
      ...readManifests('k8s/sidecar-service.yaml'),
      ...readManifests('k8s/networkpolicy.yaml'),
    ])
    await until('the daemon', isReady, 120_000).catch(async (error: unknown) => {
      throw new Error(`${String(error)}\n${await daemonLog()}`)
    })
    buyer = consumer({ relays: [relay.url], mint: mint.url })
  })
  afterAll(async () => {
    for (const close of closing) await close()
    await cluster?.stop()
  })

  async function isReady(): Promise<boolean> {
    const status = z.object({ status: z.object({ readyReplicas: z.int().default(0) }) })
    return status.parse(await askCluster(cluster, { method: 'GET', path: DAEMON })).status.readyReplicas === 1
  }

  async function daemonLog(): Promise<string> {
    const events = await askCluster(cluster, { method: 'GET', path: `${SYSTEM}/events` })
    const messages = z.object({ items: z.array(z.object({ message: z.string() })) }).parse(events)
    const logs = execFileSync('find', [
      join(cluster.kubeconfig, '../pod-logs'),
      '-name',
      '*.log',
      '-exec',
      'cat',
      '{}',
      '+',
    ])
    return [...messages.items.map(({ message }) => message), logs.toString()].join('\n')
  }

  test('runs without rights over its node', async () => {
    const id = await containerOf('paygress-sidecar')
    const { stdout } = await cluster.ctr('tasks', 'ps', id)
    const [pid] = stdout.split('\n').slice(1)
    const status = readFileSync(`/proc/${Number.parseInt(pid ?? '', 10)}/status`, 'utf8')
    expect(status).toMatch(/^Uid:\s+10001\s+10001/m)
    expect(status).toMatch(/^CapBnd:\s+0+$/m)
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
  })

  test('rents out real machines, also after its own pod was replaced, and leaves nothing of them', async () => {
    await buyer.ask(fundDocument, ['wallet', 'fund', '500'])
    const bought = await buyer.ask(buyDocument, ['buy', '--spec', 'basic', '--for', '2m'])
    expect(await buyer.run(['ssh', bought.name, '--', 'id -u'])).toMatchObject({ code: 0, stdout: '1000\n' })

    const before = await containerOf('paygress-sidecar')
    await askCluster(cluster, { method: 'DELETE', path: `${SYSTEM}/pods` })
    await until(
      'the next daemon',
      async () => (await isReady()) && (await containerOf('paygress-sidecar')) !== before,
      90_000,
    )
    const more = await buyer.ask(topupDocument, ['topup', bought.pod_npub, '--for', '1m'])
    expect(Date.parse(more.expires_at) - Date.parse(bought.expires_at)).toBe(
      more.extended_duration_seconds * 1000,
    )
    expect(await buyer.run(['ssh', bought.name, '--', 'id -un'])).toMatchObject({ code: 0 })

    expect(await buyer.run(['stop', bought.name])).toMatchObject({ code: 0 })
    await untilEmpty()
    const log = await daemonLog()
    expect(log).toContain('npub1')
    expect(log).not.toMatch(/cashu[AB][\w-]{20}|nsec1[a-z0-9]{20}|BEGIN OPENSSH/)
  })

  test('is worked in within eight seconds of the purchase', async () => {
    await buyer.ask(fundDocument, ['wallet', 'fund', '500'])
    const startedAt = performance.now()
    const bought = await buyer.ask(buyDocument, ['buy', '--spec', 'basic', '--for', '1m'])
    expect(await buyer.run(['ssh', bought.name, '--', 'id -un'])).toMatchObject({ code: 0 })
    expect(performance.now() - startedAt).toBeLessThan(8_000)
    await buyer.run(['stop', bought.name])
  })

  test('rents out twenty machines at once, and the cluster is empty after all of them', async () => {
    const buy = ['buy', '--spec', 'tiny', '--for', '5m']
    // As many commands at a time as the provider starts machines for one buyer; the leases run side by side.
    const pods: z.infer<typeof buyDocument>[] = []
    const inTurn = async (): Promise<void> => {
      for (let n = 0; n < 5; n += 1) pods.push(await buyer.ask(buyDocument, buy))
    }
    await Promise.all([inTurn(), inTurn(), inTurn(), inTurn()])
    expect(new Set(pods.map(({ pod_npub }) => pod_npub)).size).toBe(20)
    for (const { name } of pods) {
      expect(await buyer.run(['ssh', name, '--', 'id -un'])).toMatchObject({ code: 0, stdout: 'paygress\n' })
    }
    for (const { name } of pods) expect(await buyer.run(['stop', name])).toMatchObject({ code: 0 })
    await untilEmpty()
  })

  test('is told whether the network keeps the machines away from the cluster', async () => {
    const kubeconfig = await daemonKubeconfig(cluster.kubeconfig)
    const findings = async (): Promise<unknown> => {
      const env = { ...config, KUBECONFIG: kubeconfig, POD_SPECS: JSON.stringify([TINY]) }
      const result = await runCli(['-o', 'json', 'provider', 'check'], {
        home: temporaryFolder('check'),
        env,
      })
      expect({ code: result.code, stderr: result.stderr }).toMatchObject({ code: 0 })
      return result.json().findings
    }
    // Nothing enforces policies here, though they are there.
    expect(await findings()).toContainEqual(
      expect.objectContaining({ level: 'warn', what: expect.stringContaining('machines reach the cluster') }),
    )
    const wall = ['INPUT', '-s', '198.18.235.0/24', '-p', 'tcp', '--dport', '6443', '-j', 'DROP']
    expect(await cluster.iptables('-I', ...wall)).toMatchObject({ code: 0 })
    expect(await findings()).toContainEqual(
      expect.objectContaining({ level: 'ok', what: "machines cannot reach the cluster's API server" }),
    )
    await cluster.iptables('-D', ...wall)
    await untilEmpty()
  })

  /** Nothing of any machine is there any more; otherwise says what. */
  async function untilEmpty(): Promise<void> {
    await expect.poll(leftovers, { timeout: 60_000 }).toEqual([])
  }

  async function leftovers(): Promise<string[]> {
    const kinds = ['api/v1/%/pods', 'api/v1/%/services', 'api/v1/%/secrets', 'apis/batch/v1/%/jobs']
    const named = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) })
    const found = await Promise.all(
      kinds.map(async (kind) => {
        const path = `/${kind.replace('%', 'namespaces/user-workloads')}`
        const { items } = named.parse(await askCluster(cluster, { method: 'GET', path }))
        return items.map(({ metadata }) => `${kind}/${metadata.name}`)
      }),
    )
    return found.flat()
  }

  /** Id of the running container of this name in the daemon's namespace; empty where none runs. */
  async function containerOf(name: string): Promise<string> {
    const status = z.object({ name: z.string(), ready: z.boolean(), containerID: z.string().default('') })
    const pods = z.object({
      items: z.array(z.object({ status: z.object({ containerStatuses: z.array(status).default([]) }) })),
    })
    const { items } = pods.parse(await askCluster(cluster, { method: 'GET', path: `${SYSTEM}/pods` }))
    const all = items.flatMap((pod) => pod.status.containerStatuses)
    return all.find((one) => one.name === name && one.ready)?.containerID.replace('containerd://', '') ?? ''
  }
})

/** Those of the repository with less processor, and one more. */
function smallSpecs(): string {
  const text = readFileSync(join(ROOT, 'pod-specs.json'), 'utf8').replaceAll('1000,', '200,')
  return JSON.stringify([...z.array(z.unknown()).parse(JSON.parse(text)), TINY])
}

function configMap(name: string, data: Record<string, string>): Manifest {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'ingress-system' }, data }
}

// As a storage class would make it; the daemon's user may not write to a folder that is not given to it.
function volume(path: string): Manifest {
  mkdirSync(path)
  chmodSync(path, 0o777)
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'paygress-data' },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOncePod'],
      persistentVolumeReclaimPolicy: 'Retain',
      hostPath: { path, type: 'Directory' },
    },
  }
}
