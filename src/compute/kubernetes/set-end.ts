// How is the end of a machine moved, once per operation, and never onto a machine that is already going?
import * as z from 'zod'
import { PaygressError } from '../../core/errors.ts'
import type { LeaseId } from '../../core/ids.ts'
import { placeError } from './api-problem.ts'
import { pause } from '../../core/pause.ts'
import { jitter, JSON_PATCH } from './cluster-api.ts'
import { removeAnnotation, setAnnotation, testAnnotation, testLease } from './conditional-patch.ts'
import type { PatchStep } from './conditional-patch.ts'
import { deadlineSeconds, operationKey, outdatedOperations } from './deadline.ts'
import { changedJob, readJob } from './kubernetes-place.ts'
import type { KubernetesPlace } from './kubernetes-place.ts'
import type { LeaseJob } from './lease-job.ts'
import { leasePodOf } from './lease-pod.ts'
import { clusterTime, isOver, paidEnd } from './machine-of-job.ts'
import { GRACE, jobName, LEASE_LABEL, REVISION } from './object-names.ts'

const podListSchema = z.object({ items: z.array(z.unknown()) })

const REPEAT_FOR_MS = 20_000
const FIRST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 500
// This close to the old deadline the controller may already have decided to delete the pod, which no answer tells; the grace
// keeps a top-up within the paid time away from that, unless its request was held up on the way.
const RACE_MS = 3_000
/** So long after the old deadline the controller has done what it had decided; another pod comes 10 s after that. */
const DECIDED_MS = 2_000

/** `setEnd` of the port. */
export async function setEnd(
  place: KubernetesPlace,
  leaseId: LeaseId,
  operation: string,
  expiresAt: Date,
): Promise<{ expiresAt: Date }> {
  place.feed.start()
  const until = performance.now() + REPEAT_FOR_MS
  // What was last heard is good enough to try: a change since then is a conflict.
  const heard = place.feed.job(leaseId)
  let job = heard !== undefined && isOpen(place, heard) ? heard : await readJob(place, leaseId)
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const done = endInForce(place, job, operation)
    if (done !== undefined) return done
    if (job === undefined) throw goneError()
    const answer = await place.api.patch(
      'jobs',
      jobName(leaseId),
      JSON_PATCH,
      endPatch(place, job, operation, expiresAt),
    )
    if (answer.ok) return confirm(place, job, changedJob(place, answer.body))
    const { kind } = answer.problem
    // Both say that it was moved, or went, since we looked.
    const mayRepeat = kind === 'invalid' || kind === 'not-found'
    if (!mayRepeat || performance.now() > until)
      throw placeError(answer.problem, 'the end of the machine could not be moved')
    if (pauseMs > FIRST_PAUSE_MS) await pause(jitter(pauseMs, place.settings.random), place.signal)
    job = await readJob(place, leaseId)
  }
}

/** The end where the operation was done before; throws `pod_ended` where it cannot be done any more. */
function endInForce(
  place: KubernetesPlace,
  job: LeaseJob | undefined,
  operation: string,
): { expiresAt: Date } | undefined {
  if (job === undefined) throw goneError()
  const end = paidEnd(job)
  if (end === undefined || job.suspended)
    throw new PaygressError('internal', 'a machine has no end before it was started')
  const written = job.annotations[operationKey(operation)]
  if (written !== undefined && !isTooLate(job, written)) return { expiresAt: new Date(end) }
  if (!isOpen(place, job)) throw goneError()
  return undefined
}

/** True while the end may still be moved. */
function isOpen(place: KubernetesPlace, job: LeaseJob): boolean {
  return !isOver(job) && clusterNow(place, job) < hardEnd(job) - job.graceSec * 1000
}

// An operation that was written on a Job that had ended did nothing, though nobody may have been told.
function isTooLate(job: LeaseJob, written: string): boolean {
  const writtenAt = clusterTime(job, Number.parseInt(written, 10) * 1000)
  return job.finished !== undefined && writtenAt >= job.finished.at
}

function endPatch(place: KubernetesPlace, job: LeaseJob, operation: string, expiresAt: Date): PatchStep[] {
  const { clock, graceSec } = place.settings
  const end = clusterTime(job, expiresAt.getTime())
  const written = `${Math.floor(clock.now() / 1000)} ${expiresAt.toISOString()}`
  const deadlineSec = deadlineSeconds(job.startTime ?? end, end, graceSec)
  return [
    testLease(job.leaseId),
    testAnnotation(REVISION, String(job.revision)),
    setAnnotation(REVISION, job.revision + 1),
    setAnnotation(operationKey(operation), written),
    setAnnotation(GRACE, graceSec),
    ...outdatedOperations(job.annotations).map(removeAnnotation),
    { op: 'replace', path: '/spec/activeDeadlineSeconds', value: deadlineSec },
  ]
}

/** A change of a Job that has ended is accepted and does nothing: only what the answer says of its end counts. */
async function confirm(
  place: KubernetesPlace,
  before: LeaseJob,
  after: LeaseJob,
): Promise<{ expiresAt: Date }> {
  const end = paidEnd(after)
  if (isOver(after) || end === undefined) throw goneError()
  const deadline = hardEnd(before)
  const margin = Math.min(RACE_MS, before.graceSec * 500)
  if (clusterNow(place, after) > deadline - margin) {
    await pause(deadline + DECIDED_MS - clusterNow(place, after), place.signal)
    if (!(await hasLivePod(place, after))) {
      // The controller would make another, empty machine for the time that was bought.
      await place.api.remove('jobs', after.name, after.uid)
      throw goneError()
    }
  }
  return { expiresAt: new Date(end) }
}

/** The enforced deadline on the cluster's clock. */
function hardEnd(job: LeaseJob): number {
  return (job.startTime ?? 0) + (job.deadlineSec ?? 0) * 1000
}

/** The cluster's clock as the last answer told it: ours may have been set since the lease started. */
function clusterNow(place: KubernetesPlace, job: LeaseJob): number {
  const offsetSec = place.api.connection.offsetSec() ?? job.offsetSec
  return place.settings.clock.now() - offsetSec * 1000
}

async function hasLivePod(place: KubernetesPlace, job: LeaseJob): Promise<boolean> {
  const answer = await place.api.list('pods', { labelSelector: `${LEASE_LABEL}=${job.leaseId}` })
  if (!answer.ok) throw placeError(answer.problem, 'the machine could not be looked at')
  const { items } = podListSchema.parse(answer.body)
  return items.some((item) => leasePodOf(item)?.leaving === false)
}

function goneError(): PaygressError {
  return new PaygressError('pod_ended', 'the machine has ended, or is ending')
}
