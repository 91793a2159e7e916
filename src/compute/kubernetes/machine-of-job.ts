// Which machine does a lease's Job stand for, in the daemon's own time?
import type { EndReason, Machine, RunningMachine } from '../../provider/compute-port.ts'
import type { LeaseJob } from './lease-job.ts'
import { OPERATION_PREFIX } from './object-names.ts'

/** A moment of the cluster's clock on ours, as the two were when the lease started: the same at every look. */
export function localTime(job: LeaseJob, clusterMs: number): number {
  return clusterMs + job.offsetSec * 1000
}

/** A moment of our clock on the cluster's. */
export function clusterTime(job: LeaseJob, localMs: number): number {
  return localMs - job.offsetSec * 1000
}

/** True once its controller ends it or somebody deleted it. */
export function isOver(job: LeaseJob): boolean {
  return job.finished !== undefined || job.deletedAt !== undefined
}

/** The end that was paid for, in milliseconds of our clock; undefined before the start. */
export function paidEnd(job: LeaseJob): number | undefined {
  if (job.startTime === undefined || job.deadlineSec === undefined) return undefined
  return localTime(job, job.startTime + (job.deadlineSec - job.graceSec) * 1000)
}

/** The machine as the port describes it; `answered`: SSH is known to have answered. */
export function machineOfJob(job: LeaseJob, host: string, answered: boolean): Machine {
  const { leaseId, port } = job
  if (isOver(job)) {
    const times = timesOf(job)
    const endedAt = times?.endedAt ?? (job.deletedAt === undefined ? undefined : new Date(job.deletedAt))
    return {
      leaseId,
      state: 'ended',
      reason: reasonOf(job),
      ...(times === undefined ? {} : { startedAt: times.startedAt }),
      ...(endedAt === undefined ? {} : { endedAt }),
    }
  }
  const machine = runningOf(job, host)
  if (machine === undefined) return { leaseId, state: 'reserved', address: { host, port } }
  const running = answered || job.ready || isPaid(job)
  return { leaseId, state: running ? 'running' : 'starting', machine }
}

/** Address and times of a machine whose clock runs. */
export function runningOf(job: LeaseJob, host: string): RunningMachine | undefined {
  const end = paidEnd(job)
  if (job.suspended || job.startTime === undefined || end === undefined) return undefined
  return {
    host,
    port: job.port,
    startedAt: new Date(localTime(job, job.startTime)),
    expiresAt: new Date(end),
  }
}

/** When it began and ended; undefined where it never ran, or still does. */
export function timesOf(job: LeaseJob): { startedAt: Date; endedAt: Date } | undefined {
  const ends = [job.finished?.at, job.deletedAt].filter((at) => at !== undefined)
  if (job.startTime === undefined || ends.length === 0) return undefined
  const ended = localTime(job, Math.min(...ends))
  // Nobody pays for the grace, nor for the time that the controller took.
  const end = paidEnd(job)
  const endedAt = end === undefined ? ended : Math.min(ended, end)
  const startedAt = localTime(job, job.startTime)
  return { startedAt: new Date(startedAt), endedAt: new Date(Math.max(startedAt, endedAt)) }
}

function reasonOf(job: LeaseJob): EndReason {
  if (job.finished === undefined) return 'ended'
  return job.finished.expired ? 'expired' : 'failed'
}

/** SSH answered before its first payment was taken. */
export function isPaid(job: LeaseJob): boolean {
  return Object.keys(job.annotations).some((key) => key.startsWith(OPERATION_PREFIX))
}
