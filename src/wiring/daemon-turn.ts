// When may a daemon write? Only while it holds its lock: the file's on one machine, the cluster's where others may stand by.
import { hostname } from 'node:os'
import { PaygressError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import type { Compute } from '../provider/compute-port.ts'
import type { DaemonLock } from '../provider/ports.ts'
import type { ProviderConfig } from '../provider/provider-config.ts'
import { takeDaemonLock } from '../storage/daemon-lock.ts'
import { systemClock, systemRandom } from './system.ts'

export interface DaemonTurn {
  /** Waits for the right to write. Throws `busy` or `config_invalid` where it will not come. */
  take(signal: AbortSignal): Promise<DaemonLock>
  /** False before `take`, and from the moment another daemon may write. */
  isMine(): boolean
}

export interface TurnOptions {
  config: ProviderConfig
  folder: string
  npub: string
  walletId(): string
  log: Log
}

/** The turn of this daemon; nothing is taken before it is asked for. */
export function daemonTurn(options: TurnOptions): DaemonTurn {
  let held: DaemonLock | undefined
  return {
    isMine: () => held !== undefined && !held.lost.aborted && held.isFresh(),
    async take(signal) {
      held =
        options.config.kubernetes === undefined ? takeFile(options.folder) : await takeLease(options, signal)
      return held
    },
  }
}

function takeFile(folder: string): DaemonLock {
  const lock = takeDaemonLock(folder)
  return {
    // The system frees it when this process ends, and not before.
    lost: new AbortController().signal,
    isFresh: () => true,
    release: async () => lock.release(),
  }
}

async function takeLease(
  { config, npub, walletId, log }: TurnOptions,
  signal: AbortSignal,
): Promise<DaemonLock> {
  const { kubernetes } = config
  if (kubernetes === undefined)
    throw new PaygressError('internal', 'there is no configuration of the cluster')
  const { takeDaemonLease } = await import('../compute/kubernetes/daemon-lease.ts')
  const { kubeconfig, context, namespace } = kubernetes
  return takeDaemonLease(
    {
      choice: {
        ...(kubeconfig === undefined ? {} : { kubeconfig }),
        ...(context === undefined ? {} : { context }),
      },
      namespace,
      identity: npub,
      walletId: walletId(),
      clock: systemClock,
      random: systemRandom,
      log,
    },
    signal,
  )
}

/** The place of the machines, which refuses to write out of turn. */
export function inTurn(compute: Compute, { isMine }: Pick<DaemonTurn, 'isMine'>): Compute {
  const guard = () => {
    if (!isMine()) throw new PaygressError('failed', `the daemon on ${hostname()} may not write any more`)
  }
  return {
    ...compute,
    reserve: async (request) => {
      guard()
      return compute.reserve(request)
    },
    start: async (lease, allowanceSec) => {
      guard()
      return compute.start(lease, allowanceSec)
    },
    setEnd: async (lease, operation, expiresAt) => {
      guard()
      return compute.setEnd(lease, operation, expiresAt)
    },
    end: async (lease) => {
      guard()
      return compute.end(lease)
    },
  }
}
