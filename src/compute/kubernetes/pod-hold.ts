// Is a pod down by its cluster's fault? Its own container tells, which no tenant can end. Times in milliseconds of the cluster's clock.
import type { PodObject } from './pod-object.ts'

/**
 * The container that holds a pod goes on whatever its tenant does to the SSH server, and ends with the pod, its sandbox or its node: only
 * that counts as an outage. A pod that its tenant filled beyond its limits is evicted by their own doing.
 */
export interface PodHold {
  createdAt: number
  /** Since when the pod holds; undefined while it does not. */
  since: number | undefined
  /** It has held before in the same pod: when that ended, where the cluster still knows. */
  before: { endedAt: number | undefined } | undefined
  /** Since when it is lost: its node is gone, it is deleted, or it has ended. */
  lostSince: number | undefined
  /** It is lost by its tenant's doing. */
  byTenant: boolean
  /** When it last became ready, or ceased to be, for whatever reason. */
  changedAt: number
}

/** What the cluster says of a pod's own container. */
export function podHoldOf({ metadata, status }: PodObject): PodHold {
  const container = status.containerStatuses.find(({ name }) => name === 'hold')
  const condition = (kind: string): PodObject['status']['conditions'][number] | undefined =>
    status.conditions.find(({ type }) => type === kind)
  const readiness = condition('Ready')
  const changedAt = readiness?.lastTransitionTime ?? metadata.creationTimestamp
  // A node that no longer reports has its pods marked, and what it said of their containers stays.
  const isNodeLost = readiness?.status === 'False' && condition('ContainersReady')?.status === 'True'
  const hasEnded = status.phase === 'Failed' || status.phase === 'Succeeded'
  const endedAt = container?.state.terminated?.finishedAt
  const lost = [
    isNodeLost ? changedAt : undefined,
    metadata.deletionTimestamp === undefined
      ? undefined
      : metadata.deletionTimestamp - metadata.deletionGracePeriodSeconds * 1000,
    container?.state.terminated === undefined && !hasEnded ? undefined : (endedAt ?? changedAt),
  ].filter((at) => at !== undefined)
  const lostSince = lost.length === 0 ? undefined : Math.min(...lost)
  const hasHeld = (container?.restartCount ?? 0) > 0
  return {
    createdAt: metadata.creationTimestamp,
    since: lostSince === undefined ? container?.state.running?.startedAt : undefined,
    before: hasHeld ? { endedAt: container?.lastState.terminated?.finishedAt } : undefined,
    lostSince,
    // A node that is short of something says so in another condition.
    byTenant: status.reason === 'Evicted' && condition('DisruptionTarget')?.status !== 'True',
    changedAt,
  }
}

/** How a lease's machine is; `outage`: the last one that its pods still tell of. */
export type Holding =
  | { held: true; since: number; outage: { since: number; until: number } | undefined }
  | { held: false; since: number }

/** How the machine of these pods is; undefined where it is down by its tenant's doing, or nothing tells since when. */
export function holdingOf(pods: readonly PodHold[]): Holding | undefined {
  const youngestFirst = pods.toSorted((one, other) => other.createdAt - one.createdAt)
  const at = youngestFirst.findIndex(({ since }) => since !== undefined)
  const pod = youngestFirst[Math.max(0, at)]
  if (pod === undefined) return undefined
  const downSince = downBefore(pod, youngestFirst[Math.max(0, at) + 1])
  if (pod.since !== undefined) {
    const outage = downSince === undefined ? undefined : { since: downSince, until: pod.since }
    return { held: true, since: Math.max(pod.since, pod.changedAt), outage }
  }
  if (pod.byTenant) return undefined
  const since = pod.lostSince ?? (pod.before === undefined ? downSince : pod.changedAt)
  return since === undefined ? undefined : { held: false, since }
}

/** Since when nothing held before this pod did; the pod before it tells, else when this one was made for it. */
function downBefore(pod: PodHold, former: PodHold | undefined): number | undefined {
  if (pod.before !== undefined) return pod.before.endedAt
  if (former === undefined) return pod.createdAt
  return former.byTenant ? undefined : Math.min(former.lostSince ?? pod.createdAt, pod.createdAt)
}
