// Is a rented machine what a buyer expects and a provider can answer for? On real containers, with real logins.
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startMint } from '../../src/devnet/mint/start-mint.ts'
import { startRelay } from '../../src/devnet/relay/start-relay.ts'
import {
  askCluster,
  NAMESPACE,
  newKeyPair,
  openSecretsOf,
  rentMachine,
  untilItAnswers,
  type RentedMachine,
} from '../support/full-cluster/rented-machine.ts'
import { daemonKubeconfig } from '../support/kubernetes/daemon-kubeconfig.ts'
import { applyManifests, readManifests } from '../support/kubernetes/manifests.ts'
import { describeOnFullCluster, startFullCluster, type FullCluster } from '../support/peers/full-cluster.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { until } from '../support/peers/until.ts'
import { consumer, type Consumer } from '../support/product/consumer.ts'
import { fundDocument, statusDocument, topupDocument } from '../support/product/documents.ts'
import { startProvider, type ProviderDaemon } from '../support/product/provider-daemon.ts'
import { BASIC_SPEC } from '../support/scenario/serve-process.ts'

/** What a machine gets beyond its paid time. */
const GRACE_MS = 10_000
const PASSWORD = `it's "s3cret" $(id) ${randomBytes(6).toString('hex')}`

describeOnFullCluster('a machine on a real node, rented from `paygress serve`', () => {
  let cluster: FullCluster
  let provider: ProviderDaemon
  let buyer: Consumer
  let byPassword: RentedMachine
  let byKey: RentedMachine
  const key = newKeyPair()
  const closing: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    cluster = await startFullCluster()
    closing.push(async () => cluster.stop())
    await applyManifests(cluster.kubeconfig, [
      ...readManifests('k8s/sidecar-service.yaml'),
      ...readManifests('k8s/networkpolicy.yaml'),
    ])
    const relay = await startRelay({ auth: true })
    const mint = await startMint()
    closing.push(relay.close, mint.close)
    provider = await startProvider({ relays: [relay.url], mints: [mint.url], env: await environment() })
    closing.push(provider.stop)
    buyer = consumer({ relays: [relay.url], mint: mint.url })
    await buyer.ask(fundDocument, ['wallet', 'fund', '3000'])
    byPassword = await rentWithPassword('1h')
    const keyFile = join(temporaryFolder('buyer-key'), 'key.pub')
    writeFileSync(keyFile, `${key.publicKey}\n`)
    byKey = await rentMachine(cluster, buyer, ['--for', '1h', '--ssh-key', keyFile])
  })
  afterAll(async () => {
    for (const close of closing.toReversed()) await close()
  })

  const environment = async (): Promise<Record<string, string>> => ({
    BACKEND: 'kubernetes',
    KUBECONFIG: await daemonKubeconfig(cluster.kubeconfig),
    POD_NAMESPACE: NAMESPACE,
    SSH_HOST: cluster.nodeAddress,
    BASE_IMAGE: cluster.image,
    POD_SPECS: JSON.stringify([
      { ...BASIC_SPEC, cpu_millicores: 200, memory_mb: 128, rate_msats_per_sec: 200 },
    ]),
    MINIMUM_POD_DURATION_SECONDS: '5',
    POD_DISK_MB: '64',
  })

  const rentWithPassword = async (time: string): Promise<RentedMachine> =>
    rentMachine(cluster, buyer, ['--for', time, '--password-stdin'], { stdin: PASSWORD, password: PASSWORD })

  const endOf = async ({ npub }: RentedMachine): Promise<number> =>
    Date.parse((await buyer.ask(statusDocument, ['status', npub])).expires_at)

  test('lets its buyer in by password, and nobody with another one', async () => {
    expect(await byPassword.ssh.run('id -un; pwd')).toMatchObject({ code: 0, stdout: 'alice\n/config\n' })
    expect(await byPassword.login({ password: 'wrong' }).run('true')).toMatchObject({ code: 255 })
    expect(await byPassword.login({ identity: key.privateKey }).run('true')).toMatchObject({ code: 255 })
  })

  test('lets its buyer in by key, and nobody by password', async () => {
    expect(await byKey.login({ identity: key.privateKey }).run('id -un')).toMatchObject({
      code: 0,
      stdout: 'alice\n',
    })
    const { stderr } = await byKey.login({ password: PASSWORD }).run('true')
    expect(stderr).toContain('Permission denied (publickey)')
  })

  test('takes and gives files by scp and sftp', async () => {
    const { ssh } = byPassword
    const content = randomBytes(1_000_000)
    writeFileSync(join(ssh.folder, 'there'), content)
    expect(await ssh.scp('there', 'machine:copied')).toMatchObject({ code: 0 })
    expect(await ssh.sftp('rename copied moved\nget moved back\n')).toMatchObject({ code: 0 })
    expect(readFileSync(join(ssh.folder, 'back')).equals(content)).toBe(true)
  })

  test('forwards ports', async () => {
    expect(await byPassword.ssh.readThrough(2222)).toMatch(/^SSH-2\.0-/)
  })

  test('gives the session no rights beyond those of its user', async () => {
    const { stdout } = await byPassword.ssh.run('cat /proc/self/status; id -u')
    expect(stdout).toMatch(/^CapEff:\s+0000000000000000$/m)
    expect(stdout).toMatch(/^CapPrm:\s+0000000000000000$/m)
    expect(stdout).toMatch(/^NoNewPrivs:\s+1$/m)
    expect(stdout).toMatch(/^Seccomp:\s+2$/m)
    expect(stdout).toMatch(/^1000$/m)
    const denied = [
      'cat /etc/shadow',
      'cat /etc/paygress/access/password',
      'cat /etc/ssh/ssh_host_ed25519_key',
      'cat /proc/1/environ',
      'touch /etc/x',
      'sudo -n true',
      'kill 1',
      'mount -t tmpfs x /mnt',
    ]
    for (const command of denied) {
      const { code, stdout: leaked } = await byPassword.ssh.run(command)
      expect({ command, done: code === 0, leaked }).toEqual({ command, done: false, leaked: '' })
    }
  })

  test('tells the session nothing of the cluster', async () => {
    const { stdout } = await byPassword.ssh.run('env; ls -A /var/run/secrets /run/secrets 2>/dev/null; true')
    expect(stdout).toContain('HOME=/config')
    expect(stdout).not.toMatch(/KUBERNETES|_SERVICE_|serviceaccount|PASSWORD|PUID/)
  })

  test('keeps the password out of arguments, environments, objects and logs', async () => {
    const processes = await byPassword.processes()
    expect(processes.length).toBeGreaterThan(0)
    const hiding = [PASSWORD, Buffer.from(PASSWORD).toString('base64')]
    const places: string[] = processes.map(openSecretsOf)
    expect(places.join('\n')).toContain('sshd')
    for (const kind of ['pods', 'services', 'events', 'configmaps'])
      places.push(
        JSON.stringify(
          await askCluster(cluster, { method: 'GET', path: `/api/v1/namespaces/${NAMESPACE}/${kind}` }),
        ),
      )
    const jobs = { method: 'GET', path: `/apis/batch/v1/namespaces/${NAMESPACE}/jobs` } as const
    places.push(JSON.stringify(await askCluster(cluster, jobs)))
    places.push(...podLogs(), provider.log())
    for (const secret of hiding) expect(places.filter((text) => text.includes(secret))).toEqual([])
  })

  // As the node keeps them.
  function podLogs(): string[] {
    const folder = join(cluster.kubeconfig, '../pod-logs')
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
    const logs = entries.filter((entry) => entry.isFile())
    expect(logs.length).toBeGreaterThanOrEqual(6)
    return logs.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  }

  test('gets no more processor time than was paid for', async () => {
    const { stdout } = await byPassword.ssh.run(
      'timeout 4 sh -c "while :; do :; done"; read -r line < /proc/self/stat; set -- $line; echo "${16}"',
    )
    // Clock ticks (1/100 s) of ended children: 200 m for 4 seconds are 80.
    const ticks = Number.parseInt(stdout, 10)
    expect(ticks).toBeGreaterThan(20)
    expect(ticks).toBeLessThan(140)
  })

  test('gets no more processes than the node allows', async () => {
    const { stdout, stderr } = await byPassword.ssh.run(
      'for n in $(seq 400); do sleep 12 & done; jobs -r | wc -l',
    )
    expect(stderr).toMatch(/fork|Resource temporarily unavailable/)
    expect(Number.parseInt(stdout || '0', 10)).toBeLessThan(256)
    await untilItAnswers(byPassword.ssh, 'the machine')
  })

  test('is back after it ran out of memory', async () => {
    const { ssh } = byPassword
    const isWritten = async (): Promise<boolean> => (await ssh.run('echo kept > memory')).code === 0
    await until('a file in the machine', isWritten, 60_000)
    const { code } = await ssh.run('head -c 400m /dev/zero | tail >/dev/null')
    expect(code).not.toBe(0)
    // The node may say a moment later that it was away, and keep people from it once more.
    const isBack = async (): Promise<boolean> => (await ssh.run('cat memory')).stdout === 'kept\n'
    await until('the machine with its files', isBack, 60_000)
  })

  // Each on a machine of its own, so that they need not wait for one another.
  describe.concurrent('whatever happens to it', () => {
    test('ends when its paid time is over, later when topped up, and leaves nothing', async () => {
      const short = await rentWithPassword('40s')
      const { metadata } = await short.pod()
      const first = await endOf(short)
      const more = await buyer.ask(topupDocument, ['topup', short.npub, '--for', '10s'])
      const later = Date.parse(more.expires_at)
      expect(later - first).toBe(more.extended_duration_seconds * 1000)
      await until('the first end', () => Date.now() > first + 4_000, 60_000)
      expect(await short.ssh.run('true')).toMatchObject({ code: 0 })
      expect((await short.pod()).metadata.uid).toBe(metadata.uid)
      let lookedAt = 0
      const hasEnded = async (): Promise<boolean> => {
        // A login to a machine that has just gone may hang for a while.
        lookedAt = Date.now()
        return (await short.ssh.run('true')).code !== 0
      }
      await until('the end', hasEnded, 60_000)
      const late = lookedAt - later
      expect(late).toBeGreaterThan(0)
      expect(late).toBeLessThan(GRACE_MS + 8_000)
      const left = async (): Promise<string> => {
        const kinds = ['api/v1/%/pods', 'api/v1/%/services', 'api/v1/%/secrets', 'apis/batch/v1/%/jobs']
        const lists = kinds.map((kind) => `/${kind.replace('%', `namespaces/${NAMESPACE}`)}`)
        const texts = await Promise.all(
          lists.map(async (path) => askCluster(cluster, { method: 'GET', path })),
        )
        return JSON.stringify(texts)
      }
      await until('the end of all objects', async () => !(await left()).includes(short.leaseId), 90_000)
    })

    test('comes back with its files when its SSH server is killed', async () => {
      const { ssh } = byPassword
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        // As below: it may not be back for good yet after what was done to it before.
        const isWritten = async (): Promise<boolean> => (await ssh.run(`echo ${signal} > kept`)).code === 0
        await until('a file in the machine', isWritten, 60_000)
        const [pod, restarts, [server]] = [
          await byPassword.pod(),
          await byPassword.restarts(),
          await byPassword.processes(),
        ]
        process.kill(server ?? 0, signal)
        await until('the restart', async () => (await byPassword.restarts()) > restarts, 60_000)
        // The node may say a moment later that it was away, and keep people from it once more.
        await until(
          'the SSH server with its files',
          async () => (await ssh.run('cat kept')).stdout === `${signal}\n`,
          60_000,
        )
        expect((await byPassword.pod()).metadata.uid).toBe(pod.metadata.uid)
      }
    })

    test('comes back at the same address, with the same host key and time, when its pod is deleted or evicted', async () => {
      const buyer = byKey.login({ identity: key.privateKey })
      const end = await endOf(byKey)
      for (const way of ['delete', 'evict'] as const) {
        const { metadata } = await byKey.pod()
        const path = `/api/v1/namespaces/${NAMESPACE}/pods/${metadata.name}`
        if (way === 'delete') await askCluster(cluster, { method: 'DELETE', path })
        else {
          const body = {
            apiVersion: 'policy/v1',
            kind: 'Eviction',
            metadata: { name: metadata.name, namespace: NAMESPACE },
          }
          await askCluster(cluster, { method: 'POST', path: `${path}/eviction`, body })
        }
        const isNew = async (): Promise<boolean> => {
          const next = await byKey.pod().catch(() => undefined)
          return next !== undefined && next.metadata.uid !== metadata.uid
        }
        await until('the next pod', isNew, 90_000)
        await untilItAnswers(buyer, 'the machine')
        // What it was away for longer than half a minute is given back.
        expect(await endOf(byKey)).toBeGreaterThanOrEqual(end)
      }
    })

    test('comes back with its files when the pod has to be set up anew', async () => {
      const machine = await rentWithPassword('30m')
      const { ssh } = machine
      expect(await ssh.run('chmod 700 . && echo still > here')).toMatchObject({ code: 0 })
      const { metadata } = await machine.pod()
      const { stdout } = await cluster.ctr(
        'containers',
        'ls',
        `labels."io.kubernetes.pod.uid"==${metadata.uid},labels."io.cri-containerd.kind"==sandbox`,
        '-q',
      )
      await cluster.ctr('tasks', 'kill', '-s', 'SIGKILL', stdout.trim())
      await until('the end of the sandbox', async () => (await ssh.run('true')).code !== 0, 60_000)
      const isBack = async (): Promise<boolean> => (await ssh.run('cat here')).stdout === 'still\n'
      await until('the machine with its files', isBack, 120_000)
      expect((await machine.pod()).metadata.uid).toBe(metadata.uid)
    })

    test('is made anew when it filled its disk', async () => {
      const machine = await rentWithPassword('30m')
      const { metadata } = await machine.pod()
      await machine.ssh.run('dd if=/dev/zero of=big bs=1M count=100')
      const isNew = async (): Promise<boolean> => {
        const next = await machine.pod().catch(() => undefined)
        return next !== undefined && next.metadata.uid !== metadata.uid
      }
      await until('the eviction', isNew, 150_000)
      await untilItAnswers(machine.ssh, 'the machine')
      expect(await machine.ssh.run('ls big')).not.toMatchObject({ code: 0 })
    })
  })
})
