// How does a test get a real Kubernetes control plane? etcd, kube-apiserver and kube-controller-manager, without a node.
import { join } from 'node:path'
import { controllersCaughtUp } from '../kubernetes/controllers-caught-up.ts'
import { startChild, type Child } from './child.ts'
import { peerPath } from './require-peer.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { until } from './until.ts'

export interface ClusterOptions {
  /** Pretended nodes that report every pod as running; 0 (default) leaves the pods to the test. */
  fakeNodes?: number
  /** One more argument each. */
  apiserverArgs?: readonly string[]
  controllerArgs?: readonly string[]
}

export interface Cluster extends AsyncDisposable {
  /** Path of a kubeconfig with all rights. */
  readonly kubeconfig: string
  readonly pid: number
  /** SIGKILL for the API server, then the same port and data again; resolves when it is ready, and the controllers are at work. */
  restartApiServer(): Promise<void>
  /** The same, resolved as soon as the signal is sent. */
  crashApiServer(): void
  stop(): Promise<void>
  stderr(): string
}

/** Starts a control plane of its own (3 to 5 s, 0.4 GB) that goes away with the test file. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const dir = temporaryFolder('cluster')
  const args = [
    'up',
    `--dir=${join(dir, 'run')}`,
    `--fake-nodes=${options.fakeNodes ?? 0}`,
    // The controllers' own request limit would make deadlines late and tests slow.
    '--controller-arg=--kube-api-qps=300',
    '--controller-arg=--kube-api-burst=600',
    ...(options.apiserverArgs ?? []).map((arg) => `--apiserver-arg=${arg}`),
    ...(options.controllerArgs ?? []).map((arg) => `--controller-arg=${arg}`),
  ]
  const program = join(peerPath('cluster'), 'cluster')
  // Should this process be killed, the cluster ends itself; only Linux has a program for that.
  const [command = program, ...first] =
    process.platform === 'linux' ? ['setpriv', '--pdeathsig', 'TERM', '--', program] : [program]
  const child = await startChild(
    { command, args: [...first, ...args], cwd: dir },
    (started) => timesReady(started) > 0,
  )
  const crashApiServer = (): void => void process.kill(child.pid, 'SIGHUP')
  const kubeconfig = join(dir, 'run', 'kubeconfig')
  return {
    kubeconfig,
    pid: child.pid,
    crashApiServer,
    restartApiServer: async () => {
      const before = timesReady(child)
      crashApiServer()
      await until('the restart of the API server', () => timesReady(child) > before, 60_000)
      await controllersCaughtUp(kubeconfig)
    },
    stop: () => child.stop(),
    stderr: () => child.stderr(),
    [Symbol.asyncDispose]: () => child.stop(),
  }
}

const timesReady = (child: Child): number => child.stdout().match(/^ready /gm)?.length ?? 0
