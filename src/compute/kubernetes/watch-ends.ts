// Which machines end while somebody watches, and why?
import type { EndReason, WatchHandlers } from '../../provider/compute-port.ts'
import type { KubernetesPlace } from './kubernetes-place.ts'
import type { LeaseJob } from './lease-job.ts'
import { isOver, paidEnd } from './machine-of-job.ts'
import { watchReadiness } from './watch-readiness.ts'

/** `watch` of the port: tells each end once, and how the machines are, until the signal fires. */
export async function watchEnds(
  place: KubernetesPlace,
  handlers: WatchHandlers,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return
  const unlisten = place.feed.listen({
    onJob: (before, after) => {
      const job = after ?? before
      if (job === undefined || before === undefined || isOver(before)) return
      if (after === undefined || isOver(after)) handlers.onEnd(job.leaseId, reasonOfEnd(place, job))
    },
    onGap: () => handlers.onGap(),
  })
  const unwatch = watchReadiness(place, (lease, readiness) => handlers.onReadiness?.(lease, readiness))
  place.feed.start()
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  unlisten()
  unwatch()
}

function reasonOfEnd(place: KubernetesPlace, job: LeaseJob): EndReason {
  if (job.finished !== undefined) return job.finished.expired ? 'expired' : 'failed'
  if (place.ended.has(job.leaseId)) return 'ended'
  // Its Job is gone, and not by us: in its time, or by hand.
  const end = paidEnd(job)
  return end !== undefined && place.settings.clock.now() >= end ? 'expired' : 'failed'
}
