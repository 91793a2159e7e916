// What do the nodes offer, and what was promised of it? Known only to a daemon that may see nodes and pods of the whole cluster.
import type * as z from 'zod'
import type { Clock } from '../../core/clock.ts'
import { placeError } from './api-problem.ts'
import type { ClusterApi } from './cluster-api.ts'
import { isAllowed } from './is-allowed.ts'
import { type Node, nodeListSchema, podListSchema, type ScheduledPod } from './node-room.ts'
import { readAnswer } from './read-answer.ts'

/** Orders come more often than nodes change: the cost of one must not grow with the cluster. */
const FRESH_MS = 30_000
/** As the API server has it in memory. */
const CACHED = { resourceVersion: '0' }

export interface NodesSeen {
  nodes: readonly Node[]
  pods: readonly ScheduledPod[]
}

export interface NodeReader {
  /** Asked once; no request that would be refused is sent, but one after the right was taken away. */
  mayRead(): Promise<boolean>
  /** At most half a minute old; undefined where the daemon may not see them. */
  read(): Promise<NodesSeen | undefined>
}

/** `k8s/rights/node-capacity.yaml` grants what it needs. */
export function nodeReader(api: ClusterApi, clock: Clock): NodeReader {
  let allowed: boolean | undefined
  let seen: { at: number; what: NodesSeen } | undefined

  async function mayRead(): Promise<boolean> {
    if (allowed !== undefined) return allowed
    const asked = ['nodes', 'pods'].map((resource) => isAllowed(api, { group: '', resource, verb: 'list' }))
    allowed = (await Promise.all(asked)).every(Boolean)
    return allowed
  }

  /** Undefined where the right to it was taken away since. */
  async function list<Schema extends z.ZodType>(
    path: string,
    query: Readonly<Record<string, string>>,
    schema: Schema,
  ): Promise<z.output<Schema> | undefined> {
    const answer = readAnswer(await api.ask({ method: 'GET', path, query }), schema)
    if (answer.ok) return answer.body
    if (answer.problem.kind === 'forbidden') return undefined
    throw placeError(answer.problem, 'the nodes could not be looked up')
  }

  return {
    mayRead,
    read: async () => {
      if (!(await mayRead())) return undefined
      if (seen !== undefined && clock.now() - seen.at < FRESH_MS) return seen.what
      const fieldSelector = 'status.phase!=Succeeded,status.phase!=Failed'
      const [nodes, pods] = await Promise.all([
        list('/api/v1/nodes', CACHED, nodeListSchema),
        list('/api/v1/pods', { ...CACHED, fieldSelector }, podListSchema),
      ])
      if (nodes === undefined || pods === undefined) {
        allowed = false
        seen = undefined
        return undefined
      }
      const what = { nodes: nodes.items, pods: pods.items }
      seen = { at: clock.now(), what }
      return what
    },
  }
}
