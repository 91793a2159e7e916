// Why does the cluster make no pod for a lease? Its controller says so in an event.
import * as z from 'zod'
import type { LeaseId } from '../../core/ids.ts'
import type { ClusterApi } from './cluster-api.ts'

const eventsSchema = z.object({
  items: z.array(z.object({ reason: z.string().optional(), message: z.string().optional() })),
})

/** What of the back end is asked. */
interface Asked {
  api: Pick<ClusterApi, 'list'>
  feed: {
    job(lease: LeaseId): { uid: string } | undefined
    pods(lease: LeaseId): readonly unknown[]
    /** False while pods may be there that have not been heard of. */
    knowsPods(): boolean
  }
}

/** A Job without a pod is looked into after this long, and again: its controller may be slow to try. */
const NO_POD_MS = 3_000
const LONGEST_PAUSE_MS = 30_000
/** The controller tries again: only what is still there at the third look keeps the pod out. */
const STAYS_LOOKS = 3

/** The reason where Pod Security keeps the pod out. */
export const NOT_ADMITTED = 'the namespace does not admit the machine'

/** The reason in words for the buyer; undefined where nothing is known. */
export async function whyNoPod(place: Pick<Asked, 'api'>, job: { uid: string }): Promise<string | undefined> {
  const answer = await place.api.list('events', { fieldSelector: `involvedObject.uid=${job.uid}` })
  if (!answer.ok) return undefined
  const events = eventsSchema.safeParse(answer.body)
  if (!events.success) return undefined
  const { items } = events.data
  return reasonOfEvents(
    items.map(({ reason, message }) => ({ reason: reason ?? '', message: message ?? '' })),
  )
}

/** Looks for the reason until the lease has a pod, ever less often, and tells one that stays; the answer ends that. */
export function untilPod(place: Asked, leaseId: LeaseId, onReason: (reason: string) => void): () => void {
  const { feed } = place
  let pauseMs = NO_POD_MS
  let timer = setTimeout(() => void look(), pauseMs)
  let hasStopped = false
  let seen: { reason: string; times: number } | undefined
  async function look(): Promise<void> {
    if (feed.pods(leaseId).length > 0) return
    const job = feed.job(leaseId)
    const reason = job === undefined ? undefined : await whyNoPod(place, job)
    if (hasStopped || feed.pods(leaseId).length > 0) return
    seen = reason === undefined ? undefined : { reason, times: seen?.reason === reason ? seen.times + 1 : 1 }
    if (seen !== undefined && seen.times >= STAYS_LOOKS && feed.knowsPods()) return onReason(seen.reason)
    if (seen === undefined) pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    timer = setTimeout(() => void look(), pauseMs)
  }
  return () => {
    hasStopped = true
    clearTimeout(timer)
  }
}

/** The same of events that were read. */
export function reasonOfEvents(events: readonly { reason: string; message: string }[]): string | undefined {
  const failed = events.findLast(({ reason }) => reason === 'FailedCreate')
  if (failed === undefined) return undefined
  if (/exceeded quota/.test(failed.message)) return 'the quota of the namespace is used up'
  if (/violates PodSecurity/.test(failed.message)) return NOT_ADMITTED
  return 'the cluster does not admit the machine'
}
