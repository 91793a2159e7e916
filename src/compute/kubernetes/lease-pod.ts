// How is a lease's pod, and is there a reason why it never will be?
import * as z from 'zod'
import { isLeaseId } from '../../core/ids.ts'
import type { LeaseId } from '../../core/ids.ts'
import { apiTime } from './lease-job.ts'
import { LEASE_LABEL } from './object-names.ts'
import { podHoldOf } from './pod-hold.ts'
import type { PodHold } from './pod-hold.ts'

/** A time that may be missing, or written in another way for a container that nobody knows any more. */
const anyTime = apiTime.optional().catch(undefined)

const containerState = z.object({
  waiting: z.object({ reason: z.string().optional(), message: z.string().optional() }).optional(),
  running: z.object({ startedAt: anyTime }).optional(),
  terminated: z.object({ finishedAt: anyTime }).optional(),
})

const containerStatus = z.object({
  name: z.string(),
  restartCount: z.int().default(0),
  state: containerState.default({}),
  lastState: containerState.default({}),
})

const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string(),
    creationTimestamp: apiTime,
    deletionTimestamp: apiTime.optional(),
    deletionGracePeriodSeconds: z.int().default(0),
    labels: z.record(z.string(), z.string()).default({}),
  }),
  status: z
    .object({
      phase: z.string().optional(),
      reason: z.string().optional(),
      conditions: z
        .array(
          z.object({
            type: z.string(),
            status: z.string(),
            reason: z.string().optional(),
            message: z.string().optional(),
            lastTransitionTime: anyTime,
          }),
        )
        .default([]),
      initContainerStatuses: z.array(containerStatus).default([]),
      containerStatuses: z.array(containerStatus).default([]),
    })
    .prefault({}),
})

export type PodObject = z.output<typeof podSchema>

/** Why a pod does not get ready; `patient`: it may yet, so it is waited for a little. */
export interface PodTrouble {
  reason: string
  patient: boolean
}

export interface LeasePod {
  leaseId: LeaseId
  uid: string
  ready: boolean
  /** Deleted, or all of it has ended. */
  leaving: boolean
  trouble: PodTrouble | undefined
  hold: PodHold
}

/** The pod of a lease in an answer of the API server; undefined for a pod that is not one of ours. */
export function leasePodOf(body: unknown): LeasePod | undefined {
  const parsed = podSchema.safeParse(body)
  if (!parsed.success) return undefined
  const { metadata, status } = parsed.data
  const leaseId = metadata.labels[LEASE_LABEL] ?? ''
  if (!isLeaseId(leaseId)) return undefined
  return {
    leaseId,
    uid: metadata.uid,
    ready: status.conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True'),
    leaving:
      metadata.deletionTimestamp !== undefined || status.phase === 'Failed' || status.phase === 'Succeeded',
    trouble: troubleOf(status),
    hold: podHoldOf(parsed.data),
  }
}

/** By the kubelet's reason; `%` stands for its message. The first try to pull an image may fail by bad luck: only the pause after it counts. */
const CONTAINER_TROUBLE: Readonly<Record<string, string>> = {
  InvalidImageName: 'the name of the image is invalid',
  ErrImageNeverPull: 'the image is not on the node',
  ImagePullBackOff: 'the image cannot be pulled',
  ImageInspectError: 'the image cannot be read',
  CreateContainerConfigError: 'the container cannot be made',
  CreateContainerError: 'the container cannot be made',
  CrashLoopBackOff: 'the SSH server of the image ends again and again',
}

const OF_TOR = 'the container of Tor does not start'

function troubleOf(status: PodObject['status']): PodTrouble | undefined {
  for (const { name, state } of [...status.initContainerStatuses, ...status.containerStatuses]) {
    const words = CONTAINER_TROUBLE[state.waiting?.reason ?? '']
    if (words !== undefined) return { reason: name === 'tor-sidecar' ? OF_TOR : words, patient: false }
  }
  const scheduled = status.conditions.find(({ type }) => type === 'PodScheduled')
  if (scheduled?.status !== 'False' || scheduled.reason !== 'Unschedulable') return undefined
  return { reason: 'no node has room for the machine', patient: true }
}
