// When may a daemon write? Only while it holds its lock (the file's on one machine, the cluster's where others may stand by), and nobody took over its database.
import { PaygressError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import type { DaemonLock } from '../provider/ports.ts'
import type { ProviderConfig } from '../provider/provider-config.ts'
import { takeDaemonLock } from '../storage/daemon-lock.ts'
import type { FencedDatabase } from '../storage/fenced-database.ts'
import { systemClock, systemRandom } from './system.ts'

export interface DaemonTurn {
  /** Waits for the right to write. Throws `busy` or `config_invalid` where it will not come. */
  take(signal: AbortSignal): Promise<DaemonLock>
  /** False before `take`, and from the moment another daemon may write. */
  isMine(): boolean
}

export interface TurnOptions {
  config: ProviderConfig
  database: Pick<FencedDatabase, 'takeTurn' | 'isMine'>
  folder: string
  npub: string
  walletId(): string
  log: Log
}

/** The turn of this daemon; nothing is taken before it is asked for. */
export function daemonTurn(options: TurnOptions): DaemonTurn {
  const { config, database, folder } = options
  let held: DaemonLock | undefined
  return {
    isMine: () => held !== undefined && !held.lost.aborted && held.isFresh(),
    async take(signal) {
      const lock = config.kubernetes === undefined ? takeFile(folder) : await takeLease(options, signal)
      // Before anything is read: what an earlier daemon still writes is there by then, and it writes nothing more.
      database.takeTurn()
      held = { ...lock, isFresh: () => lock.isFresh() && database.isMine() }
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
