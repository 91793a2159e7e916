// What was last heard of the leases in the cluster, without asking again for each of them?
import type { LeaseId } from '../../core/ids.ts'
import type { Log } from '../../core/log.ts'
import type { Random } from '../../core/clock.ts'
import type { ClusterApi } from './cluster-api.ts'
import { followList } from './follow-list.ts'
import { leaseJobOf } from './lease-job.ts'
import type { LeaseJob } from './lease-job.ts'
import { leasePodOf } from './lease-pod.ts'
import type { LeasePod } from './lease-pod.ts'

const JOBS_RELIST_MS = 60_000
// Pods are looked at while a machine starts, and where one is made again.
const PODS_RELIST_MS = 300_000

export interface FeedListener {
  /** A Job is new, changed, or gone (`after` is undefined). */
  onJob?(before: LeaseJob | undefined, after: LeaseJob | undefined): void
  onPod?(leaseId: LeaseId): void
  onGap?(): void
}

export interface MachineFeed {
  /** Begins to follow the cluster, once. */
  start(): void
  job(leaseId: LeaseId): LeaseJob | undefined
  jobs(): Iterable<LeaseJob>
  pods(leaseId: LeaseId): LeasePod[]
  /** The first list of Jobs has come. */
  isComplete(): boolean
  /** The first list of pods has come. */
  knowsPods(): boolean
  /** An answer to a request of ours: newer than what the watch has told so far. */
  learn(job: LeaseJob): void
  /** Returns what ends it. */
  listen(listener: FeedListener): () => void
  /** Settles when nothing is followed any more. */
  readonly over: Promise<void>
}

export function machineFeed(api: ClusterApi, random: Random, log: Log, signal: AbortSignal): MachineFeed {
  const jobs = new Map<LeaseId, LeaseJob>()
  const pods = new Map<LeaseId, Map<string, LeasePod>>()
  const listeners = new Set<FeedListener>()
  let complete = false
  let podsListed = false
  let started = false
  let over = Promise.resolve()

  function setJob(job: LeaseJob): void {
    const before = jobs.get(job.leaseId)
    if (before?.uid === job.uid && !isNewer(job.resourceVersion, before.resourceVersion)) return
    jobs.set(job.leaseId, job)
    for (const { onJob } of listeners) onJob?.(before, job)
  }

  function dropJob(job: LeaseJob): void {
    const before = jobs.get(job.leaseId)
    if (before?.uid !== job.uid) return
    jobs.delete(job.leaseId)
    for (const { onJob } of listeners) onJob?.(job, undefined)
  }

  function listJobs(found: readonly LeaseJob[], version: string): void {
    const uids = new Set(found.map(({ uid }) => uid))
    // One that is newer than the list was made while the list was on its way.
    const missing = [...jobs.values()].filter(
      (job) => !uids.has(job.uid) && !isNewer(job.resourceVersion, version),
    )
    for (const job of missing) dropJob(job)
    for (const job of found) setJob(job)
    complete = true
  }

  function putPod(pod: LeasePod, gone: boolean): void {
    const ofLease = pods.get(pod.leaseId) ?? new Map<string, LeasePod>()
    if (gone) ofLease.delete(pod.uid)
    else ofLease.set(pod.uid, pod)
    if (ofLease.size === 0) pods.delete(pod.leaseId)
    else pods.set(pod.leaseId, ofLease)
  }

  function tellPod(leaseId: LeaseId): void {
    for (const { onPod } of listeners) onPod?.(leaseId)
  }

  function listPods(found: readonly LeasePod[]): void {
    const before = [...pods.keys()]
    pods.clear()
    for (const pod of found) putPod(pod, false)
    podsListed = true
    // Only now: a lease may have several.
    for (const leaseId of new Set([...before, ...pods.keys()])) tellPod(leaseId)
  }

  const gap = (): void => {
    for (const { onGap } of listeners) onGap?.()
  }

  return {
    start: () => {
      if (started) return
      started = true
      const place = { api, random, log, signal }
      over = Promise.all([
        followList(place, {
          kind: 'jobs',
          read: leaseJobOf,
          relistMs: JOBS_RELIST_MS,
          onList: listJobs,
          onChange: (job, gone) => (gone ? dropJob : setJob)(job),
          onGap: gap,
        }),
        followList(place, {
          kind: 'pods',
          read: leasePodOf,
          relistMs: PODS_RELIST_MS,
          onList: listPods,
          onChange: (pod, gone) => {
            putPod(pod, gone)
            tellPod(pod.leaseId)
          },
          onGap: () => undefined,
        }),
      ]).then(() => undefined)
    },
    job: (leaseId) => jobs.get(leaseId),
    jobs: () => jobs.values(),
    pods: (leaseId) => [...(pods.get(leaseId)?.values() ?? [])],
    isComplete: () => complete,
    knowsPods: () => podsListed,
    learn: (job) => {
      // The answer to a deletion may be slower than the news that it is done.
      if (job.deletedAt === undefined || jobs.has(job.leaseId)) setJob(job)
    },
    listen: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    get over() {
      return over
    },
  }
}

// Versions of one kind of object are numbers that rise.
function isNewer(version: string, than: string): boolean {
  return BigInt(version) > BigInt(than)
}
