// What is read of a pod in an answer of the API server?
import * as z from 'zod'
import { apiTime } from './lease-job.ts'

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

/** Anything else of it is let go. */
export const podSchema = z.object({
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
