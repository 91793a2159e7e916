// What was last heard of the leases in the cluster, without asking again for each of them?
import type { LeaseId } from '../../core/ids.ts'
import type { Log } from '../../core/log.ts'
import type { Random } from '../../core/clock.ts'
import type { ClusterApi } from './cluster-api.ts'
import { type FollowedList, followList, listAll, type Listed } from './follow-list.ts'
import { foundJobOf, isReadable } from './lease-job.ts'
import type { FoundJob, LeaseJob } from './lease-job.ts'
import { leasePodOf } from './lease-pod.ts'
import type { LeasePod } from './lease-pod.ts'

// A daemon asks for them every minute, and goes on from what it gets.
const JOBS_RELIST_MS = 150_000
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
  /** All Jobs of leases as the cluster has them now, in one list that is also what it goes on from. */
  listJobs(): Promise<Listed<FoundJob>>
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
  let followedJobs: FollowedList<FoundJob> | undefined

  function setJob(job: LeaseJob): void {
    const before = jobs.get(job.leaseId)
    if (before?.uid === job.uid && !isNewer(job.resourceVersion, before.resourceVersion)) return
    jobs.set(job.leaseId, job)
    for (const { onJob } of listeners) onJob?.(before, job)
  }

  /** An unreadable one may not say which Job it is: then it is the one that is known. */
  function dropJob(job: FoundJob): void {
    const before = jobs.get(job.leaseId)
    if (before === undefined || before.uid !== (job.uid ?? before.uid)) return
    jobs.delete(job.leaseId)
    for (const { onJob } of listeners) onJob?.(isReadable(job) ? job : before, undefined)
  }

  function takeList(found: readonly FoundJob[], version: string): void {
    const readable = found.filter(isReadable)
    const uids = new Set(readable.map(({ uid }) => uid))
    const unreadable = new Set(found.filter((job) => !isReadable(job)).map(({ leaseId }) => leaseId))
    // One that is newer than the list was made while the list was on its way; one that cannot be read is there all the same.
    const missing = [...jobs.values()].filter(
      (job) => !uids.has(job.uid) && !unreadable.has(job.leaseId) && !isNewer(job.resourceVersion, version),
    )
    for (const job of missing) dropJob(job)
    for (const job of readable) setJob(job)
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
      followedJobs = followList(place, {
        kind: 'jobs',
        read: foundJobOf,
        relistMs: JOBS_RELIST_MS,
        onList: takeList,
        onChange: (job, gone) => {
          if (gone) dropJob(job)
          else if (isReadable(job)) setJob(job)
        },
        onGap: gap,
      })
      const followedPods = followList(place, {
        kind: 'pods',
        read: leasePodOf,
        relistMs: PODS_RELIST_MS,
        onList: listPods,
        onChange: (pod, gone) => {
          putPod(pod, gone)
          tellPod(pod.leaseId)
        },
        onGap: () => undefined,
      })
      over = Promise.all([followedJobs.over, followedPods.over]).then(() => undefined)
    },
    job: (leaseId) => jobs.get(leaseId),
    jobs: () => jobs.values(),
    listJobs: async () => followedJobs?.list() ?? listAll(api, 'jobs', foundJobOf),
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
