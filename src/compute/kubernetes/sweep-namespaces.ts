// Which namespaces of leases are empty, and go? One whose lease's Job is gone, by the answer of the API server itself.
import * as z from 'zod'
import type { KubernetesPlace } from './kubernetes-place.ts'
import { apiTime } from './lease-job.ts'
import { NAMESPACES } from './lease-namespace.ts'
import { jobName } from './object-names.ts'
import { readAnswer } from './read-answer.ts'

/** What nobody heard of is looked for this often. */
const EVERY_MS = 600_000

const namespacesSchema = z.object({
  items: z.array(z.object({ metadata: z.object({ name: z.string(), creationTimestamp: apiTime }) })),
})

/** Removes a lease's namespace when its Job is gone, and sometimes what is left over; until the back end is closed. */
export function sweepNamespaces(place: KubernetesPlace): void {
  const unlisten = place.feed.listen({
    onJob: (before, after) => {
      if (before !== undefined && after === undefined) void removeEmpty(place, jobName(before.leaseId))
    },
    onGap: () => void sweep(place),
  })
  const timer = setInterval(() => void sweep(place), EVERY_MS)
  timer.unref()
  const end = (): void => {
    unlisten()
    clearInterval(timer)
  }
  place.signal.addEventListener('abort', end, { once: true })
  void sweep(place)
}

async function sweep(place: KubernetesPlace): Promise<void> {
  const { api, settings, log } = place
  const query = { labelSelector: api.placing.selector }
  const answer = readAnswer(await api.ask({ method: 'GET', path: NAMESPACES, query }), namespacesSchema)
  if (!answer.ok) {
    if (place.signal.aborted) return
    log.warn({ reason: answer.problem.message }, 'namespaces that are left over could not be looked for')
    return
  }
  const now = settings.clock.now() - (api.connection.serverClock.offsetSec() ?? 0) * 1000
  for (const { metadata } of answer.body.items) {
    // In a younger one the Job may be about to be made.
    const isOld = now - metadata.creationTimestamp > settings.orphanAfterSec * 1000
    if (isOld) await removeEmpty(place, metadata.name)
  }
}

async function removeEmpty({ api, log, signal }: KubernetesPlace, name: string): Promise<void> {
  const job = await api.get('jobs', name)
  if (job.ok || job.problem.kind !== 'not-found') return
  const removed = await api.ask({ method: 'DELETE', path: `${NAMESPACES}/${name}` })
  if (removed.ok || signal.aborted) return
  // Gone already, or on its way.
  if (removed.problem.kind === 'namespace-missing' || removed.problem.kind === 'conflict') return
  log.warn({ namespace: name, reason: removed.problem.message }, 'an empty namespace could not be removed')
}
