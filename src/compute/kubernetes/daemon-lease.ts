// Which of several daemons works on a namespace? The one that holds its coordination Lease; the others stand by.
import type { Clock, Random } from '../../core/clock.ts'
import { toHex } from '../../core/hex.ts'
import type { Log } from '../../core/log.ts'
import type { DaemonLock } from '../../provider/ports.ts'
import { pause } from '../../core/pause.ts'
import { type ClusterApi, clusterApi } from './cluster-api.ts'
import { connectCluster } from './cluster-connection.ts'
import type { PatchStep } from './conditional-patch.ts'
import {
  checkOwner,
  type LeaseOwner,
  microTime,
  patchLease,
  readLease,
  takeLease,
} from './coordination-lease.ts'
import type { KubeconfigChoice } from './kubeconfig.ts'
import { placing } from './placing.ts'

export interface DaemonLeaseOptions extends LeaseOwner {
  choice: KubeconfigChoice
  clock: Clock
  random: Random
  log: Log
}

/** Unchanged for this long, a holder counts as dead: with the pauses below the next one works within 15 seconds. */
const HOLDS_MS = 9_000
const RENEW_MS = 3_000
const LOOK_MS = 2_000
/** From here on nothing is written any more, before anybody else may begin. */
const FRESH_MS = 7_000

/**
 * Waits until this daemon holds the Lease `paygress` of the namespace and keeps it renewed (coordination.k8s.io/v1). Rejects with
 * `config_invalid` where another identity, or this one with another wallet, works there.
 */
export async function takeDaemonLease(options: DaemonLeaseOptions, signal: AbortSignal): Promise<DaemonLock> {
  const closing = new AbortController()
  const connection = await connectCluster(options.choice, options.clock)
  const api = clusterApi(
    connection,
    placing(options),
    options.random,
    AbortSignal.any([signal, closing.signal]),
  )
  const me = toHex(options.random.bytes(8))
  const end = async () => {
    closing.abort()
    await connection.close()
  }
  try {
    await acquire(api, options, me, signal)
    return hold(api, options, me, end)
  } catch (error) {
    await end()
    throw error
  }
}

async function acquire(
  api: ClusterApi,
  options: DaemonLeaseOptions,
  me: string,
  signal: AbortSignal,
): Promise<void> {
  let seen = { version: '', at: 0 }
  let told = false
  for (;;) {
    signal.throwIfAborted()
    const lease = await readLease(api, options.log)
    if (lease !== undefined) {
      checkOwner(lease, options)
      const { resourceVersion: version } = lease.metadata
      if (seen.version !== version) seen = { version, at: performance.now() }
      const isFree = lease.spec.holderIdentity === '' || performance.now() - seen.at >= HOLDS_MS
      if (
        isFree &&
        (await takeLease(api, lease, options, {
          holder: me,
          holdsSec: HOLDS_MS / 1000,
          clock: options.clock,
        }))
      )
        return
      if (!isFree && !told) {
        told = true
        options.log.info({ holder: lease.spec.holderIdentity }, 'another daemon serves; standing by')
      }
    }
    await pause(LOOK_MS, signal)
  }
}

function hold(
  api: ClusterApi,
  options: DaemonLeaseOptions,
  me: string,
  end: () => Promise<void>,
): DaemonLock {
  const lost = new AbortController()
  const over = new AbortController()
  // A host that sleeps may stop either clock: whichever went on tells.
  const now = (): { ticks: number; at: number } => ({ ticks: performance.now(), at: options.clock.now() })
  let renewed = now()
  const isFresh = (): boolean => {
    const { ticks, at } = now()
    return ticks - renewed.ticks < FRESH_MS && at - renewed.at < FRESH_MS
  }
  const mine: PatchStep = { op: 'test', path: '/spec/holderIdentity', value: me }
  const keep = async () => {
    while (!over.signal.aborted) {
      await pause(RENEW_MS, over.signal)
      if (over.signal.aborted) return
      const asked = now()
      const renew: PatchStep = { op: 'replace', path: '/spec/renewTime', value: microTime(options.clock) }
      const outcome = await patchLease(api, [mine, renew], me)
      if (outcome === 'done') renewed = asked
      else if (outcome === 'refused' || !isFresh()) return lost.abort()
    }
  }
  const keeping = keep()
  return {
    lost: lost.signal,
    isFresh: () => !lost.signal.aborted && isFresh(),
    async release() {
      over.abort()
      await keeping
      if (!lost.signal.aborted)
        await patchLease(api, [mine, { op: 'replace', path: '/spec/holderIdentity', value: '' }], '')
      await end()
    },
  }
}
