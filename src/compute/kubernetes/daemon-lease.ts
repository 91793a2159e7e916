// Which of several daemons works on a namespace? The one that holds its coordination Lease; the others stand by.
import * as z from 'zod'
import type { Clock, Random } from '../../core/clock.ts'
import { PaygressError } from '../../core/errors.ts'
import { toHex } from '../../core/hex.ts'
import type { Log } from '../../core/log.ts'
import type { DaemonLock } from '../../provider/ports.ts'
import { placeError } from './api-problem.ts'
import { COORDINATION_LEASE } from './check-cluster.ts'
import { type ClusterApi, clusterApi, JSON_PATCH, pause } from './cluster-api.ts'
import { connectCluster } from './cluster-connection.ts'
import type { PatchStep } from './conditional-patch.ts'
import type { KubeconfigChoice } from './kubeconfig.ts'

export interface DaemonLeaseOptions {
  choice: KubeconfigChoice
  namespace: string
  /** Two daemons with one identity must have one wallet. */
  identity: string
  /** Says which wallet it is, and nothing else. */
  walletId: string
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
const ANSWER_MS = 2_500

const IDENTITY = 'paygress.io/identity'
const WALLET = 'paygress.io/wallet'

const leaseSchema = z.object({
  metadata: z.object({
    resourceVersion: z.string(),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.object({ holderIdentity: z.string().default(''), renewTime: z.string().default('') }).default({
    holderIdentity: '',
    renewTime: '',
  }),
})
type Lease = z.output<typeof leaseSchema>

/**
 * Waits until this daemon holds the Lease `paygress` of the namespace and keeps it renewed (coordination.k8s.io/v1). Rejects with
 * `config_invalid` where another identity, or this one with another wallet, works there.
 */
export async function takeDaemonLease(options: DaemonLeaseOptions, signal: AbortSignal): Promise<DaemonLock> {
  const closing = new AbortController()
  const connection = await connectCluster(options.choice, options.clock)
  const api = clusterApi(
    connection,
    options.namespace,
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
    const lease = await readLease(api, options)
    if (lease !== undefined) {
      checkOwner(lease, options)
      const { resourceVersion: version } = lease.metadata
      if (seen.version !== version) seen = { version, at: performance.now() }
      const isFree = lease.spec.holderIdentity === '' || performance.now() - seen.at >= HOLDS_MS
      if (isFree && (await take(api, lease, options, me))) return
      if (!isFree && !told) {
        told = true
        options.log.info({ holder: lease.spec.holderIdentity }, 'another daemon serves; standing by')
      }
    }
    await pause(LOOK_MS, signal)
  }
}

/** The Lease, made where there is none; undefined where the API server does not answer now. */
async function readLease(api: ClusterApi, { log }: DaemonLeaseOptions): Promise<Lease | undefined> {
  let answer = await api.get('leases', COORDINATION_LEASE)
  if (!answer.ok && answer.problem.kind === 'not-found') {
    await api.create('leases', {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: COORDINATION_LEASE },
      spec: {},
    })
    answer = await api.get('leases', COORDINATION_LEASE)
  }
  if (answer.ok) return leaseSchema.parse(answer.body)
  const error = placeError(answer.problem, 'the lease of the daemons cannot be read')
  if (answer.problem.kind !== 'unavailable') {
    throw new PaygressError(
      'config_invalid',
      error.message,
      error.hint === undefined ? {} : { hint: error.hint },
    )
  }
  log.warn({ error: error.message }, 'the cluster has not answered yet')
  return undefined
}

function checkOwner({ metadata }: Lease, { identity, walletId, namespace }: DaemonLeaseOptions): void {
  const { [IDENTITY]: owner, [WALLET]: wallet } = metadata.annotations
  if (owner !== undefined && owner !== identity) {
    throw new PaygressError('config_invalid', `the namespace ${namespace} belongs to the provider ${owner}`, {
      hint: 'set POD_NAMESPACE to a namespace of your own',
    })
  }
  if (wallet !== undefined && wallet !== walletId) {
    throw new PaygressError('config_invalid', `this identity serves in ${namespace} with another wallet`, {
      hint: 'start it on the data folder of that wallet (CASHU_DB_PATH): its ledger knows the leases and owes their refunds',
    })
  }
}

async function take(
  api: ClusterApi,
  lease: Lease,
  options: DaemonLeaseOptions,
  me: string,
): Promise<boolean> {
  const annotations = {
    ...lease.metadata.annotations,
    [IDENTITY]: options.identity,
    [WALLET]: options.walletId,
  }
  return patched(api, [
    { op: 'test', path: '/metadata/resourceVersion', value: lease.metadata.resourceVersion },
    { op: 'add', path: '/metadata/annotations', value: annotations },
    {
      op: 'add',
      path: '/spec',
      value: {
        holderIdentity: me,
        leaseDurationSeconds: HOLDS_MS / 1000,
        acquireTime: microTime(options.clock),
        renewTime: microTime(options.clock),
      },
    },
  ])
}

/** True when it was done; false when the Lease has changed or nobody answered. */
async function patched(api: ClusterApi, steps: readonly PatchStep[]): Promise<boolean> {
  const answer = await api.connection.send({
    method: 'PATCH',
    path: api.path('leases', COORDINATION_LEASE),
    contentType: JSON_PATCH,
    body: steps,
    signal: AbortSignal.timeout(ANSWER_MS),
  })
  return answer.ok
}

function hold(
  api: ClusterApi,
  options: DaemonLeaseOptions,
  me: string,
  end: () => Promise<void>,
): DaemonLock {
  const lost = new AbortController()
  const over = new AbortController()
  let renewedAt = performance.now()
  const mine: PatchStep = { op: 'test', path: '/spec/holderIdentity', value: me }
  const keep = async () => {
    while (!over.signal.aborted) {
      await pause(RENEW_MS, over.signal)
      if (over.signal.aborted) return
      const askedAt = performance.now()
      const renew: PatchStep = { op: 'replace', path: '/spec/renewTime', value: microTime(options.clock) }
      if (await patched(api, [mine, renew])) renewedAt = askedAt
      else if (performance.now() - renewedAt >= FRESH_MS) return lost.abort()
    }
  }
  const keeping = keep()
  return {
    lost: lost.signal,
    isFresh: () => performance.now() - renewedAt < FRESH_MS,
    async release() {
      over.abort()
      await keeping
      if (!lost.signal.aborted)
        await patched(api, [mine, { op: 'replace', path: '/spec/holderIdentity', value: '' }])
      await end()
    },
  }
}

/** MicroTime of Kubernetes: RFC 3339 with six digits after the second. */
function microTime(clock: Clock): string {
  return new Date(clock.now()).toISOString().replace('Z', '000Z')
}
