// How is a machine ended, and what is known of its times afterwards?
import type { LeaseId } from '../../core/ids.ts'
import { placeError } from './api-problem.ts'
import { changedJob, knownJob, readJob } from './kubernetes-place.ts'
import type { KubernetesPlace } from './kubernetes-place.ts'
import { leaseJobOf } from './lease-job.ts'
import type { LeaseJob } from './lease-job.ts'
import { timesOf } from './machine-of-job.ts'

/** The cluster forgets a Job that was deleted; this many are remembered. */
const REMEMBERED = 2_000

/** `end` of the port. */
export async function endMachine(
  place: KubernetesPlace,
  leaseId: LeaseId,
): Promise<{ startedAt: Date; endedAt: Date } | undefined> {
  const before = await knownJob(place, leaseId)
  if (before === undefined) return timesBefore(place, leaseId)
  if (before.deletedAt === undefined) return remove(place, before)
  return timesOf(remember(place, before))
}

async function remove(
  place: KubernetesPlace,
  before: LeaseJob,
): Promise<{ startedAt: Date; endedAt: Date } | undefined> {
  const { leaseId } = before
  // Whoever hears of the deletion first has to know that it was ours.
  remember(place, before)
  const answer = await place.api.remove('jobs', before.name, before.uid)
  if (answer.ok) {
    // A Job without children is gone at once, and the answer says no more than that.
    const after = leaseJobOf(answer.body) === undefined ? undefined : changedJob(place, answer.body)
    return timesOf(remember(place, after ?? deleted(place, before)))
  }
  const { kind } = answer.problem
  if (kind === 'not-found' || kind === 'conflict') {
    // Deleted by an earlier request of ours whose answer was lost, by its controller, or by hand.
    const now = await readJob(place, leaseId)
    if (now !== undefined && now.uid !== before.uid) return endMachine(place, leaseId)
    return timesOf(remember(place, now ?? deleted(place, before)))
  }
  place.ended.delete(leaseId)
  throw placeError(answer.problem, 'the machine could not be ended')
}

function timesBefore(
  place: KubernetesPlace,
  leaseId: LeaseId,
): { startedAt: Date; endedAt: Date } | undefined {
  const job = place.ended.get(leaseId)
  return job === undefined ? undefined : timesOf(job)
}

function deleted(place: KubernetesPlace, job: LeaseJob): LeaseJob {
  const at = place.settings.clock.now() - job.offsetSec * 1000
  return { ...job, deletedAt: job.deletedAt ?? at }
}

function remember(place: KubernetesPlace, job: LeaseJob): LeaseJob {
  const { ended } = place
  const known = ended.get(job.leaseId)
  // Told once, its times stay as they were told.
  if (known?.uid === job.uid && known.deletedAt !== undefined) return known
  ended.set(job.leaseId, job)
  const [oldest] = ended.keys()
  if (ended.size > REMEMBERED && oldest !== undefined) ended.delete(oldest)
  return job
}
