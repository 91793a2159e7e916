// What do all operations of the Kubernetes back end share?
import * as z from 'zod'
import { PaygressError } from '../../core/errors.ts'
import type { LeaseId } from '../../core/ids.ts'
import type { Log } from '../../core/log.ts'
import { placeError, unreadableAnswer } from './api-problem.ts'
import type { ClusterApi } from './cluster-api.ts'
import type { KubernetesSettings } from './kubernetes-options.ts'
import { leaseJobOf } from './lease-job.ts'
import type { LeaseJob } from './lease-job.ts'
import type { PolicyReader } from './policy-reader.ts'
import type { MachineFeed } from './machine-feed.ts'
import type { NodeReader } from './node-reader.ts'
import { jobName, LEASE_LABEL } from './object-names.ts'
import type { PortBook } from './port-book.ts'
import { readAnswer } from './read-answer.ts'

export interface KubernetesPlace {
  readonly settings: KubernetesSettings
  readonly api: ClusterApi
  readonly feed: MachineFeed
  readonly ports: PortBook
  readonly nodes: NodeReader
  /** What fences the namespaces of leases in. */
  readonly policies: PolicyReader
  readonly log: Log
  /** Leases whose SSH has answered this daemon. */
  readonly answered: Set<LeaseId>
  /** The last Jobs that this daemon ended, since the cluster forgets them. */
  readonly ended: Map<LeaseId, LeaseJob>
  /** Fires when the back end is closed. */
  readonly signal: AbortSignal
}

const otherJob = z.object({
  kind: z.literal('Job'),
  metadata: z.object({ labels: z.record(z.string(), z.string()).default({}) }),
})

/** The lease's Job as the cluster has it now; undefined where it answered that there is none. */
export async function readJob(
  place: Pick<KubernetesPlace, 'api' | 'feed'>,
  leaseId: LeaseId,
): Promise<LeaseJob | undefined> {
  const answer = await place.api.get('jobs', jobName(leaseId))
  if (!answer.ok) {
    if (answer.problem.kind === 'not-found') return undefined
    throw placeError(answer.problem, 'the machine could not be looked up')
  }
  const job = leaseJobOf(answer.body)
  if (job === undefined) {
    // Neither the Job nor another one of its name: that would be said to have ended, and be paid back while it runs.
    const other = readAnswer(answer, otherJob)
    if (!other.ok || other.body.metadata.labels[LEASE_LABEL] === leaseId)
      throw placeError(unreadableAnswer(200), 'the machine could not be looked up')
  }
  // The first characters of the id name the Job, the label has all of them.
  if (job?.leaseId !== leaseId) return undefined
  place.feed.learn(job)
  return job
}

/** The last that was heard of the lease's Job, else the Job as the cluster has it. */
export async function knownJob(place: KubernetesPlace, leaseId: LeaseId): Promise<LeaseJob | undefined> {
  return place.feed.job(leaseId) ?? (await readJob(place, leaseId))
}

/** The Job in an answer to a change of it; throws `failed` for anything else. */
export function changedJob(place: Pick<KubernetesPlace, 'feed'>, body: unknown): LeaseJob {
  const job = leaseJobOf(body)
  if (job === undefined) throw new PaygressError('failed', 'the API server answered with another object')
  place.feed.learn(job)
  return job
}
