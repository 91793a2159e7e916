// How is a lease's pod, and is there a reason why it never will be?
import { isLeaseId } from '../../core/ids.ts'
import type { LeaseId } from '../../core/ids.ts'
import { LEASE_LABEL } from './object-names.ts'
import { podHoldOf } from './pod-hold.ts'
import type { PodHold } from './pod-hold.ts'
import { podSchema } from './pod-object.ts'
import type { PodObject } from './pod-object.ts'

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
