// How does the clock of a reserved machine begin?
import { PaygressError } from '../../core/errors.ts'
import type { LeaseId } from '../../core/ids.ts'
import { placeError } from './api-problem.ts'
import { JSON_PATCH } from './cluster-api.ts'
import { setAnnotation, testLease } from './conditional-patch.ts'
import type { PatchStep } from './conditional-patch.ts'
import { deadlineSeconds } from './deadline.ts'
import { changedJob, readJob } from './kubernetes-place.ts'
import type { KubernetesPlace } from './kubernetes-place.ts'
import { isOver } from './machine-of-job.ts'
import { CLOCK_OFFSET, GRACE, jobName, REVISION, START_ASKED } from './object-names.ts'

/** The cluster counts from the whole second in which the start fell. */
const ROUNDING_SEC = 1

/** Starts a reserved machine with a deadline of `allowanceSec`; a started one is left as it is. */
export async function startMachine(
  place: KubernetesPlace,
  leaseId: LeaseId,
  allowanceSec: number,
): Promise<void> {
  place.feed.start()
  // The first answer of the API server tells its time.
  if (place.api.connection.serverClock.offsetSec() === undefined) await readJob(place, leaseId)
  const offsetSec = place.api.connection.serverClock.offsetSec() ?? 0
  const now = place.settings.clock.now() - offsetSec * 1000
  const deadlineSec = deadlineSeconds(now, now + Math.ceil(allowanceSec) * 1000, ROUNDING_SEC)
  const patch: PatchStep[] = [
    testLease(leaseId),
    // Whoever is second changes nothing.
    { op: 'test', path: '/spec/suspend', value: true },
    { op: 'replace', path: '/spec/suspend', value: false },
    { op: 'add', path: '/spec/activeDeadlineSeconds', value: deadlineSec },
    setAnnotation(GRACE, ROUNDING_SEC),
    setAnnotation(CLOCK_OFFSET, offsetSec),
    setAnnotation(START_ASKED, Math.floor(now / 1000)),
    setAnnotation(REVISION, 0),
  ]
  const answer = await place.api.patch('jobs', jobName(leaseId), JSON_PATCH, patch)
  if (answer.ok) {
    changedJob(place, answer.body)
    return
  }
  const { kind } = answer.problem
  if (kind !== 'invalid' && kind !== 'not-found')
    throw placeError(answer.problem, 'the machine could not be started')
  const job = await readJob(place, leaseId)
  if (job === undefined) {
    throw new PaygressError('machine_failed', 'there is no machine for this lease', { details: { leaseId } })
  }
  if (isOver(job)) throw new PaygressError('pod_ended', 'the machine has ended')
  if (job.suspended) throw placeError(answer.problem, 'the machine could not be started')
}
