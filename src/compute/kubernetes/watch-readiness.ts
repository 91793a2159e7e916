// Which machines are down by the cluster's fault, and since when? Told from what is heard of all pods, without a look at any one.
import type { LeaseId } from '../../core/ids.ts'
import type { Readiness } from '../../provider/compute-port.ts'
import type { KubernetesPlace } from './kubernetes-place.ts'
import type { LeaseJob } from './lease-job.ts'
import { isOver, isPaid, localTime } from './machine-of-job.ts'
import { holdingOf } from './pod-hold.ts'

/** Tells how each machine that once answered is, and every change of that; returns what ends it. */
export function watchReadiness(
  place: KubernetesPlace,
  tell: (leaseId: LeaseId, readiness: Readiness) => void,
): () => void {
  const { feed } = place
  const told = new Map<LeaseId, Readiness>()

  function look(leaseId: LeaseId): void {
    const job = feed.job(leaseId)
    if (job === undefined) return void told.delete(leaseId)
    // The pods of a machine that ends go with it.
    const answered = place.answered.has(leaseId) || isPaid(job)
    if (!feed.knowsPods() || isOver(job) || job.suspended || !answered) return undefined
    const before = told.get(leaseId)
    const readiness = readinessOf(place, job, before)
    if (readiness === undefined || JSON.stringify(readiness) === JSON.stringify(before)) return undefined
    told.set(leaseId, readiness)
    return tell(leaseId, readiness)
  }

  const unlisten = feed.listen({
    onPod: look,
    onJob: (before, after) => {
      const job = after ?? before
      if (job !== undefined) look(job.leaseId)
    },
  })
  for (const { leaseId } of feed.jobs()) look(leaseId)
  return unlisten
}

function readinessOf(
  place: KubernetesPlace,
  job: LeaseJob,
  before: Readiness | undefined,
): Readiness | undefined {
  const at = (clusterMs: number): Date => new Date(localTime(job, clusterMs))
  const pods = place.feed.pods(job.leaseId)
  if (pods.length === 0) {
    return before?.ready === false ? before : { ready: false, since: new Date(place.settings.clock.now()) }
  }
  const holding = holdingOf(pods.map(({ hold }) => hold))
  if (holding === undefined) return undefined
  if (!holding.held) return { ready: false, since: at(holding.since) }
  const { since, outage } = holding
  return {
    ready: true,
    since: at(since),
    ...(outage === undefined ? {} : { outage: { since: at(outage.since), until: at(outage.until) } }),
  }
}
