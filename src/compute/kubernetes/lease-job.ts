// What does a lease's Job say?
import * as z from 'zod'
import { isLeaseId } from '../../core/ids.ts'
import type { LeaseId } from '../../core/ids.ts'
import {
  APP,
  APP_LABEL,
  CLOCK_OFFSET,
  GRACE,
  LEASE_LABEL,
  PORT,
  REVISION,
  START_ASKED,
} from './object-names.ts'

/** A time as the API server writes it, in milliseconds. */
export const apiTime = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))

/** Versions of one kind of object are numbers that rise. */
export const apiVersion = z.string().regex(/^\d{1,20}$/)

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  lastTransitionTime: apiTime.optional(),
})

const jobSchema = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string(),
    resourceVersion: apiVersion,
    creationTimestamp: apiTime,
    deletionTimestamp: apiTime.optional(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.object({ suspend: z.boolean().default(false), activeDeadlineSeconds: z.int().optional() }),
  status: z
    .object({
      startTime: apiTime.optional(),
      ready: z.int().default(0),
      conditions: z.array(condition).default([]),
    })
    .prefault({}),
})

const count = z.coerce.number().pipe(z.int())

/** A lease's Job, as much of it as matters. All times in milliseconds of the cluster's clock. */
export interface LeaseJob {
  leaseId: LeaseId
  name: string
  uid: string
  resourceVersion: string
  annotations: Readonly<Record<string, string>>
  port: number
  suspended: boolean
  /** When its clock began, or was asked to; undefined before the start. */
  startTime: number | undefined
  deadlineSec: number | undefined
  graceSec: number
  offsetSec: number
  /** Moves of its end so far. */
  revision: number
  /** Its pod was ready when the controller last looked. */
  ready: boolean
  /** Its controller has ended it, or is about to. */
  finished: { expired: boolean; at: number } | undefined
  deletedAt: number | undefined
}

/** The Job of a lease in an answer of the API server; undefined for a Job that is not one of ours. */
export function leaseJobOf(body: unknown): LeaseJob | undefined {
  const parsed = jobSchema.safeParse(body)
  if (!parsed.success) return undefined
  const { metadata, spec, status } = parsed.data
  const leaseId = metadata.labels[LEASE_LABEL] ?? ''
  const port = count.safeParse(metadata.annotations[PORT])
  if (metadata.labels[APP_LABEL] !== APP || !isLeaseId(leaseId) || !port.success) return undefined
  const note = (name: string): number => count.catch(0).parse(metadata.annotations[name])
  const asked = note(START_ASKED)
  const startAsked = spec.suspend || asked === 0 ? undefined : asked * 1000
  return {
    leaseId,
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    annotations: metadata.annotations,
    port: port.data,
    suspended: spec.suspend,
    startTime: status.startTime ?? startAsked,
    deadlineSec: spec.activeDeadlineSeconds,
    graceSec: note(GRACE),
    offsetSec: note(CLOCK_OFFSET),
    revision: note(REVISION),
    ready: status.ready > 0,
    finished: finishOf(status.conditions, metadata.creationTimestamp),
    deletedAt: metadata.deletionTimestamp,
  }
}

/** A Job that stands for a lease, and says nothing else that can be read. */
export interface UnreadableJob {
  leaseId: LeaseId
  uid: string | undefined
  unreadable: true
}

/** What a list has of a lease: it is there, whether its Job can be read or not. */
export type FoundJob = LeaseJob | UnreadableJob

export function isReadable(job: FoundJob): job is LeaseJob {
  return !('unreadable' in job)
}

const labelled = z.object({
  metadata: z.object({
    uid: z.string().optional().catch(undefined),
    labels: z.record(z.string(), z.unknown()),
  }),
})

/** The Job of a lease, readable or not; undefined for a Job that is not one of ours. */
export function foundJobOf(body: unknown): FoundJob | undefined {
  const job = leaseJobOf(body)
  if (job !== undefined) return job
  const { uid, labels } = labelled.catch({ metadata: { labels: {} } }).parse(body).metadata
  const leaseId = labels[LEASE_LABEL]
  if (labels[APP_LABEL] !== APP || typeof leaseId !== 'string' || !isLeaseId(leaseId)) return undefined
  return { leaseId, uid, unreadable: true }
}

const FINISHED = ['FailureTarget', 'Failed', 'SuccessCriteriaMet', 'Complete']

// The target condition comes first and says that the machine is being taken down; the last one, that it is gone.
function finishOf(
  conditions: readonly z.output<typeof condition>[],
  createdAt: number,
): LeaseJob['finished'] {
  const finished = conditions
    .filter(({ type, status }) => status === 'True' && FINISHED.includes(type))
    .toSorted((one, other) => FINISHED.indexOf(one.type) - FINISHED.indexOf(other.type))[0]
  if (finished === undefined) return undefined
  return { expired: finished.reason === 'DeadlineExceeded', at: finished.lastTransitionTime ?? createdAt }
}
