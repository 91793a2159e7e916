// What does an operator read, and with which exit code, when the daemon cannot work on the cluster? From the built program.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as z from 'zod'
import { PERMISSIONS } from '../../src/compute/kubernetes/check-permissions.ts'
import { startMint, type RunningMint } from '../../src/devnet/mint/start-mint.ts'
import { startRelay, type RunningRelay } from '../../src/devnet/relay/start-relay.ts'
import { startApiProxy } from '../support/api-proxy.ts'
import { TEST_PORTS } from '../support/kubernetes-setup.ts'
import { makeNamespace, type TestNamespace } from '../support/namespace.ts'
import { freePort } from '../support/peers/free-port.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { until } from '../support/peers/until.ts'
import { runCli } from '../support/run-cli.ts'
import { BASIC_SPEC, launchServe } from '../support/scenario/serve-process.ts'
import { makeServiceAccount } from '../support/service-account.ts'
import { useCluster } from './rented-place.ts'
import { NODE_HOST } from '../support/node/node-host.ts'

type Environment = Readonly<Record<string, string>>
const MISCONFIGURED = 2
const NOT_FIT = 1
const findingsDocument = z.object({
  ok: z.boolean(),
  findings: z.array(
    z.object({ level: z.string(), about: z.string(), what: z.string(), fix: z.string().nullable() }),
  ),
})

requirePeer('cluster')('a daemon that cannot work on its cluster', () => {
  const place = useCluster()
  let mint: RunningMint
  let relay: RunningRelay
  let namespace: TestNamespace

  beforeAll(async () => {
    mint = await startMint({ units: [{ unit: 'sat' }], settleAfterMs: 0 })
    relay = await startRelay({ auth: true })
    namespace = await makeNamespace(place.cluster.kubeconfig)
  })
  afterAll(async () => {
    await namespace?.dispose()
    await Promise.all([relay?.close(), mint?.close()])
  })

  const settings = (env: Environment): Environment => ({
    BACKEND: 'kubernetes',
    POD_NAMESPACE: namespace.name,
    SSH_HOST: NODE_HOST,
    SSH_PORT_RANGE_START: String(TEST_PORTS.first),
    SSH_PORT_RANGE_END: String(TEST_PORTS.last),
    BASE_IMAGE: 'paygress/ssh:latest',
    ...env,
  })

  const launch = (env: Environment) =>
    launchServe({
      dir: temporaryFolder('provider'),
      relays: [relay.url],
      mints: [mint.url],
      env: settings(env),
    })

  /** The last lines of a daemon that ended by itself. */
  async function refusal(env: Environment): Promise<string> {
    const serve = launch(env)
    await until('the end of the daemon', () => serve.hasExited())
    const { code, stderr } = await serve.result
    expect(code).toBe(MISCONFIGURED)
    expect(stderr).not.toContain('"msg":"serving"')
    return stderr.slice(stderr.indexOf('error:'))
  }

  async function check(env: Environment) {
    const home = temporaryFolder('provider')
    return runCli(['-o', 'json', 'provider', 'check'], {
      home,
      env: {
        NOSTR_RELAYS: relay.url,
        WHITELISTED_MINTS: mint.url,
        POD_SPECS: JSON.stringify([BASIC_SPEC]),
        CASHU_DB_PATH: join(home, 'paygress.db'),
        ...settings(env),
      },
    })
  }

  /** What fails, with its fix. */
  async function failures(env: Environment): Promise<[what: string, fix: string | null][]> {
    const result = await check(env)
    expect(result.code).toBe(NOT_FIT)
    const { ok, findings } = findingsDocument.parse(result.json())
    expect(ok).toBe(false)
    return findings.filter(({ level }) => level === 'fail').map(({ what, fix }) => [what, fix])
  }

  /** The kubeconfig with all rights, changed by hand. */
  function changed(pattern: RegExp, replacement: string): Environment {
    const text = readFileSync(place.cluster.kubeconfig, 'utf8')
    expect(text).toMatch(pattern)
    const path = join(temporaryFolder('kubeconfig'), 'config')
    writeFileSync(path, text.replace(pattern, replacement), { mode: 0o600 })
    return { KUBECONFIG: path }
  }

  test('is told that no cluster is configured, or none by that name, before anything else', async () => {
    const cases: [Environment, string, string][] = [
      [{}, 'no cluster is configured', 'name a kubeconfig with --kubeconfig or KUBECONFIG'],
      [
        { KUBECONFIG: '/nowhere' },
        'the kubeconfig /nowhere cannot be read',
        'name a kubeconfig with --kubeconfig',
      ],
      [
        { KUBECONFIG: place.cluster.kubeconfig, KUBE_CONTEXT: 'elsewhere' },
        'the kubeconfig has no context "elsewhere"',
        'choose one with --context; it has: ',
      ],
    ]
    for (const [env, message, hint] of cases) {
      const said = await refusal(env)
      expect(said).toContain(`error: ${message}\nhint: ${hint}`)
      const checked = await check(env)
      expect(checked.code).toBe(MISCONFIGURED)
      expect(checked.json().error).toMatchObject({ message, hint: expect.stringContaining(hint) })
    }
  })

  test('is told that its credentials have expired', async () => {
    const env = changed(/token: .*\}\}/, 'token: out-of-date}}')
    const fix = 'the credentials of the kubeconfig are wrong or expired: renew them'
    const said = await refusal(env)
    expect(said).toContain(`Unauthorized\nhint: ${fix}`)
    expect(said).not.toContain('out-of-date')
    expect(await failures(env)).toEqual([[expect.stringContaining('Unauthorized'), fix]])
  })

  test('is told which verb is forbidden, and what grants it', async () => {
    const without = async (name: string, of: string, verb: string) => {
      const fewer = PERMISSIONS.map((each) =>
        each.resource === of ? { ...each, verbs: each.verbs.filter((one) => one !== verb) } : each,
      )
      return { KUBECONFIG: await makeServiceAccount(place.cluster.kubeconfig, namespace, name, fewer) }
    }
    const noJobs = await without('no-jobs', 'jobs', 'patch')
    const what = `patch on jobs is not granted in the namespace ${namespace.name}`
    const fix = 'kubectl apply -f k8s/sidecar-service.yaml grants it'
    expect(await failures(noJobs)).toEqual([[what, fix]])
    expect(await refusal(noJobs)).toContain(`error: machines cannot be run here: ${what}\nhint: ${fix}`)
  })

  test('is told that it may not take its turn', async () => {
    const own = await makeNamespace(place.cluster.kubeconfig)
    const fewer = PERMISSIONS.map((each) =>
      each.resource === 'leases' ? { ...each, verbs: ['create', 'get'] } : each,
    )
    const KUBECONFIG = await makeServiceAccount(place.cluster.kubeconfig, own, 'no-turn', fewer)
    const said = await refusal({ KUBECONFIG, POD_NAMESPACE: own.name })
    expect(said).toMatch(
      /cannot patch resource "leases".*\nhint: kubectl apply -f k8s\/sidecar-service\.yaml/,
    )
    await own.dispose()
  })

  test('is told that the cluster is too old', async () => {
    const body = { major: '1', minor: '28', gitVersion: 'v1.28.15' }
    await using proxy = await startApiProxy(place.cluster.kubeconfig, {
      instead: ({ path }) => (path === '/version' ? { status: 200, body } : undefined),
    })
    const own = await makeNamespace(place.cluster.kubeconfig)
    const env = { KUBECONFIG: proxy.through(place.cluster.kubeconfig), POD_NAMESPACE: own.name }
    const what = 'Kubernetes v1.28.15 is too old: leases could not be extended'
    const fix = 'upgrade the cluster to 1.29 or later'
    expect(await failures(env)).toEqual([[what, fix]])
    expect(await refusal(env)).toContain(`error: machines cannot be run here: ${what}\nhint: ${fix}`)
    await own.dispose()
  })

  test('is told that the namespace is missing', async () => {
    const env = { KUBECONFIG: place.cluster.kubeconfig, POD_NAMESPACE: 'nowhere' }
    const fix = 'create it with kubectl create namespace, or set POD_NAMESPACE'
    expect(await refusal(env)).toContain(`namespaces "nowhere" not found\nhint: ${fix}`)
    const found = await failures(env)
    expect(found).toContainEqual([expect.stringContaining('namespaces "nowhere" not found'), fix])
  })

  test('waits for a cluster that does not answer, says so, and stops when it is told to', async () => {
    const dead = changed(/https:\/\/127\.0\.0\.1:\d+/, `https://127.0.0.1:${await freePort()}`)
    const serve = launch(dead)
    await until('the complaint', () => serve.stderr().includes('the cluster has not answered yet'), 60_000)
    expect(serve.hasExited()).toBe(false)
    const { code, stderr } = await serve.end('SIGTERM')
    expect(code).toBe(0)
    expect(stderr).not.toContain('"msg":"serving"')
    expect(await failures(dead)).toEqual([
      [expect.stringContaining('did not answer'), expect.stringContaining('kubectl cluster-info')],
    ])
  })
})
