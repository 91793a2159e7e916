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
  }
}

/** A Job without a pod is looked into after this long, and again: its controller may be slow to try. */
const NO_POD_MS = 3_000

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

/** Looks for the reason for as long as the lease has no pod, and tells it once; the answer ends that. */
export function whileNoPod(place: Asked, leaseId: LeaseId, onReason: (reason: string) => void): () => void {
  const { feed } = place
  const wait = (): NodeJS.Timeout => setTimeout(() => void look(), NO_POD_MS)
  let timer = wait()
  let isOver = false
  async function look(): Promise<void> {
    if (feed.pods(leaseId).length > 0) return
    const job = feed.job(leaseId)
    const reason = job === undefined ? undefined : await whyNoPod(place, job)
    if (isOver || feed.pods(leaseId).length > 0) return
    if (reason !== undefined) return onReason(reason)
    timer = wait()
  }
  return () => {
    isOver = true
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
