// Why does the cluster make no pod for a lease? Its controller says so in an event.
import * as z from 'zod'
import type { KubernetesPlace } from './kubernetes-place.ts'

const eventsSchema = z.object({
  items: z.array(z.object({ reason: z.string().optional(), message: z.string().optional() })),
})

/** The reason where Pod Security keeps the pod out. */
export const NOT_ADMITTED = 'the namespace does not admit the machine'

/** The reason in words for the buyer; undefined where nothing is known. */
export async function whyNoPod(place: KubernetesPlace, job: { uid: string }): Promise<string | undefined> {
  const answer = await place.api.list('events', { fieldSelector: `involvedObject.uid=${job.uid}` })
  if (!answer.ok) return undefined
  const events = eventsSchema.safeParse(answer.body)
  if (!events.success) return undefined
  const { items } = events.data
  return reasonOfEvents(
    items.map(({ reason, message }) => ({ reason: reason ?? '', message: message ?? '' })),
  )
}

/** The same of events that were read. */
export function reasonOfEvents(events: readonly { reason: string; message: string }[]): string | undefined {
  const failed = events.findLast(({ reason }) => reason === 'FailedCreate')
  if (failed === undefined) return undefined
  if (/exceeded quota/.test(failed.message)) return 'the quota of the namespace is used up'
  if (/violates PodSecurity/.test(failed.message)) return NOT_ADMITTED
  return 'the cluster does not admit the machine'
}
