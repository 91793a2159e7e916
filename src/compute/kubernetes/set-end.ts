// How is the end of a machine moved, once per operation, and never onto a machine that is already going?
import * as z from 'zod'
import { PaygressError } from '../../core/errors.ts'
import type { LeaseId } from '../../core/ids.ts'
import { placeError, unreadableAnswer } from './api-problem.ts'
import { pause } from '../../core/pause.ts'
import { jitter, JSON_PATCH } from './cluster-api.ts'
import { removeAnnotation, setAnnotation, testAnnotation, testLease } from './conditional-patch.ts'
import type { PatchStep } from './conditional-patch.ts'
import {
  deadlineSeconds,
  decidedInMs,
  isReplacement,
  mayHaveDecided,
  mayHaveLandedLate,
  operationKey,
  outdatedOperations,
} from './deadline.ts'
import { changedJob, readJob } from './kubernetes-place.ts'
import type { KubernetesPlace } from './kubernetes-place.ts'
import type { LeaseJob } from './lease-job.ts'
import { leasePodOf } from './lease-pod.ts'
import { clusterTime, isOver, localTime, paidEnd } from './machine-of-job.ts'
import { GRACE, jobName, LEASE_LABEL, REVISION } from './object-names.ts'
import { readAnswer } from './read-answer.ts'
import type { TimeSpan } from './server-clock.ts'

const podListSchema = z.object({ items: z.array(z.unknown()) })

const REPEAT_FOR_MS = 20_000
const FIRST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 500
/** How wrong the cluster's time may be where its answers do not tell it. */
const CLOCK_ERROR_MS = 3_000

/** What of the back end moves an end. */
type Place = Pick<KubernetesPlace, 'settings' | 'api' | 'feed' | 'signal'>

/** `setEnd` of the port. */
export async function setEnd(
  place: Place,
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
    if (job === undefined) throw goneError()
    const written = writtenFor(place, job, operation)
    if (written !== undefined) return confirmFound(place, job, written)
    const answer = await place.api.patch(
      'jobs',
      jobName(leaseId),
      JSON_PATCH,
      endPatch(place, job, operation, expiresAt),
    )
    if (answer.ok) return confirmMoved(place, job, changedJob(place, answer.body))
    const { kind } = answer.problem
    // Both say that it was moved, or went, since we looked.
    const mayRepeat = kind === 'invalid' || kind === 'not-found'
    if (!mayRepeat || performance.now() > until)
      throw placeError(answer.problem, 'the end of the machine could not be moved')
    if (pauseMs > FIRST_PAUSE_MS) await pause(jitter(pauseMs, place.settings.random), place.signal)
    job = await readJob(place, leaseId)
  }
}

/** What was written where the operation was done before; throws `pod_ended` where it cannot be done any more. */
function writtenFor(place: Place, job: LeaseJob, operation: string): Written | undefined {
  if (paidEnd(job) === undefined || job.suspended)
    throw new PaygressError('internal', 'a machine has no end before it was started')
  const written = readWritten(job, operation)
  if (written !== undefined && (job.finished === undefined || written.at < job.finished.at)) return written
  // What was written on a Job that had ended did nothing, though nobody may have been told.
  if (!isOpen(place, job)) throw goneError()
  return undefined
}

/** True while the end may still be moved. */
function isOpen(place: Place, job: LeaseJob): boolean {
  return !isOver(job) && clusterNow(place, job) < hardEnd(job) - job.graceSec * 1000
}

/** When an operation was done, and the deadline that it moved, both on the cluster's clock; older ones do not tell that. */
interface Written {
  at: number
  deadline: number | undefined
}

function readWritten(job: LeaseJob, operation: string): Written | undefined {
  const [at, _end, deadlineSec] = job.annotations[operationKey(operation)]?.split(' ') ?? []
  if (at === undefined) return undefined
  return {
    at: clusterTime(job, Number(at) * 1000),
    deadline: deadlineSec === undefined ? undefined : (job.startTime ?? 0) + Number(deadlineSec) * 1000,
  }
}

function endPatch(place: Place, job: LeaseJob, operation: string, expiresAt: Date): PatchStep[] {
  const { graceSec } = place.settings
  const end = clusterTime(job, expiresAt.getTime())
  const writtenAt = localTime(job, clusterNow(place, job))
  const written = `${Math.floor(writtenAt / 1000)} ${expiresAt.toISOString()} ${job.deadlineSec ?? 0}`
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

/**
 * A change of a Job that has ended is accepted and does nothing: only what the answer says of its end counts. Where the controller may have
 * decided before, not even that: the usual grace keeps a top-up within the paid time away from there, unless its request was held up.
 */
async function confirmMoved(place: Place, before: LeaseJob, after: LeaseJob): Promise<{ expiresAt: Date }> {
  if (isOver(after)) throw goneError()
  const deadline = hardEnd(before)
  if (mayHaveDecided(clusterSpan(place, after), deadline)) await keepMachine(place, after, deadline)
  return endOf(after)
}

/** Whoever did it may have died before it was known whether the controller had been faster. */
async function confirmFound(
  place: Place,
  job: LeaseJob,
  { at, deadline }: Written,
): Promise<{ expiresAt: Date }> {
  if (deadline !== undefined && !isOver(job) && mayHaveLandedLate(at, deadline))
    await keepMachine(place, job, deadline)
  return endOf(job)
}

function endOf(job: LeaseJob): { expiresAt: Date } {
  const end = paidEnd(job)
  if (end === undefined) throw goneError()
  return { expiresAt: new Date(end) }
}

/** Makes sure that the machine has outlived its former deadline; throws `pod_ended`, and ends what is left, where it has not. */
async function keepMachine(place: Place, job: LeaseJob, deadline: number): Promise<void> {
  await pause(decidedInMs(clusterSpan(place, job), deadline), place.signal)
  if (await hasPodFrom(place, job, deadline)) return
  // The controller makes another, empty machine for the time that was bought, or has made it.
  const answer = await place.api.remove('jobs', job.name, job.uid)
  if (!answer.ok && answer.problem.kind !== 'not-found' && answer.problem.kind !== 'conflict')
    throw placeError(answer.problem, 'what is left of the machine could not be ended')
  throw goneError()
}

/** The enforced deadline on the cluster's clock. */
function hardEnd(job: LeaseJob): number {
  return (job.startTime ?? 0) + (job.deadlineSec ?? 0) * 1000
}

/** The cluster's clock as the last answer told it: ours may have been set since the lease started. */
function clusterNow(place: Place, job: LeaseJob): number {
  const offsetSec = place.api.connection.serverClock.offsetSec() ?? job.offsetSec
  return place.settings.clock.now() - offsetSec * 1000
}

/** Between which times the cluster's clock is now. */
function clusterSpan(place: Place, job: LeaseJob): TimeSpan {
  const now = clusterNow(place, job)
  return place.api.connection.serverClock.now() ?? { from: now - CLOCK_ERROR_MS, to: now + CLOCK_ERROR_MS }
}

/** True where a pod is alive that has outlived `deadline`, or was made for another reason than its end. */
async function hasPodFrom(place: Place, job: LeaseJob, deadline: number): Promise<boolean> {
  const query = { labelSelector: `${LEASE_LABEL}=${job.leaseId}` }
  const answer = readAnswer(await place.api.list('pods', query), podListSchema)
  if (!answer.ok) throw placeError(answer.problem, 'the machine could not be looked at')
  const pods = answer.body.items.map((item) => {
    const pod = leasePodOf(item)
    // Taken for no pod, it would end a machine that was paid for.
    if (pod === undefined) throw placeError(unreadableAnswer(200), 'the machine could not be looked at')
    return pod
  })
  return pods.some(({ leaving, hold }) => !leaving && !isReplacement(hold.createdAt, deadline))
}

function goneError(): PaygressError {
  return new PaygressError('pod_ended', 'the machine has ended, or is ending')
}
