// How does a test get a whole Kubernetes with real containers, and when can a machine not have one?
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe } from 'vitest'
import { atEnd } from './at-end.ts'
import { startChild } from './child.ts'
import { missingPeer } from './missing-peers-reporter.ts'
import { whyImpossible } from './require-peer.ts'
import { runOnce, type RunResult } from './run-once.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { until } from './until.ts'

const FOLDER = join(import.meta.dirname, '../../peers/full-cluster')
/** Stopping containers on a busy machine takes longer than the end of one program. */
const STOP_TIMEOUT_MS = 60_000
/** Another test file may have it for minutes. */
const START_TIMEOUT_MS = 560_000

export interface FullCluster extends AsyncDisposable {
  /** Path of a kubeconfig with all rights. */
  readonly kubeconfig: string
  /** NodePorts answer here. */
  readonly nodeAddress: string
  /** What listens here is the outside world to the node and its pods. */
  readonly outsideAddress: string
  /** The machines' image, `k8s/images/ssh`, as the node knows it. */
  readonly image: string
  /** Runs `ctr` on the node's containers. */
  ctr(...args: readonly string[]): Promise<RunResult>
  /** Runs `iptables` in the node's network. */
  iptables(...args: readonly string[]): Promise<RunResult>
  stop(): Promise<void>
}

/** `describe` for suites on the whole cluster: skipped under a title that says why; with CI=true an error where it could be had. */
export function describeOnFullCluster(title: string, body: () => void): void {
  const reason = whyMissing()
  if (reason === undefined) {
    describe(title, body)
    return
  }
  if (process.env['CI'] === 'true' && couldHaveIt()) throw new Error(reason)
  describe.skip(`${title} (skipped: ${reason})`, body)
}

/** Starts the cluster (5 to 15 s, 0.9 GB); waits while another test has it. It goes away with the test file. */
export async function startFullCluster(): Promise<FullCluster> {
  const [binary, images] = listPrepared()
  if (binary === undefined || images === undefined) throw new Error(whyMissing())
  const cwd = temporaryFolder('full-cluster')
  // Should this process be killed, the cluster ends itself.
  const args = ['--pdeathsig', 'TERM', '--', join(FOLDER, 'up.sh'), binary, images]
  const child = await startChild({ command: 'setpriv', args, cwd }, () => true)
  const stop = async (): Promise<void> => {
    if (child.hasExited()) return
    process.kill(child.pid, 'SIGTERM')
    await until('the end of the cluster', () => child.hasExited(), STOP_TIMEOUT_MS)
  }
  atEnd(stop)
  await until(
    'the start of the cluster',
    () => {
      if (child.hasExited()) throw new Error(`the cluster did not start:\n${child.stderr()}`)
      return child.stdout().includes('ready ')
    },
    START_TIMEOUT_MS,
  )
  const kubeconfig = /^ready (.*)$/m.exec(child.stdout())?.[1] ?? ''
  const socket = join(kubeconfig, '../ctd/c.sock')
  return {
    kubeconfig,
    nodeAddress: '198.18.234.1',
    outsideAddress: '198.18.234.2',
    image: 'localhost/paygress-ssh:test',
    ctr: (...ctrArgs) =>
      runOnce({ command: 'ctr', args: ['-a', socket, '-n', 'k8s.io', ...ctrArgs], cwd, env: { PATH } }),
    iptables: (...rule) =>
      runOnce({
        command: 'nsenter',
        args: ['--net=/run/netns/paygress-full', '--', 'iptables', ...rule],
        cwd,
        env: { PATH },
      }),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`

const couldHaveIt = (): boolean =>
  process.platform === 'linux' && process.getuid?.() === 0 && whyImpossible('cluster') === undefined

function whyMissing(): string | undefined {
  if (couldHaveIt() && listPrepared().length === 2) return undefined
  const way = couldHaveIt() ? 'run test/peers/full-cluster/prepare.sh' : 'it needs root on Linux, and Go'
  return `${missingPeer('full-cluster')}, ${way}`
}

function listPrepared(): string[] {
  const line = execFileSync(join(FOLDER, 'prepare.sh'), ['--list'], { encoding: 'utf8' }).trim()
  return line === '' ? [] : line.split('\t')
}
