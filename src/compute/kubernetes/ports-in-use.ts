// Which ports have the leases, as far as is known, or for certain?
import type { LeaseId } from '../../core/ids.ts'
import { placeError } from './api-problem.ts'
import { listAll } from './follow-list.ts'
import type { KubernetesPlace } from './kubernetes-place.ts'
import { leaseJobOf } from './lease-job.ts'

/** Ports of the leases that were heard of, but not that of `except`: right away, and without those that a new daemon has yet to hear of. */
export function usedPorts(place: KubernetesPlace, except?: LeaseId): Set<number> {
  return portsOf(place.feed.jobs(), except)
}

/** Ports of all leases but `except`. Throws `failed` where they cannot be known. */
export async function portsInUse(place: KubernetesPlace, except?: LeaseId): Promise<Set<number>> {
  place.feed.start()
  if (place.feed.isComplete()) return usedPorts(place, except)
  const listed = await listAll(place.api, 'jobs', leaseJobOf)
  if ('problem' in listed) throw placeError(listed.problem, 'the machines could not be listed')
  // While the list was on its way, others may have been made.
  return portsOf([...listed.objects, ...place.feed.jobs()], except)
}

function portsOf(jobs: Iterable<{ leaseId: LeaseId; port: number }>, except?: LeaseId): Set<number> {
  const ports = new Set<number>()
  for (const { leaseId, port } of jobs) if (leaseId !== except) ports.add(port)
  return ports
}
