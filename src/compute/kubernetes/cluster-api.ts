// How are a provider's objects made, read and changed, whatever happens to the API server meanwhile?
import { pause } from '../../core/pause.ts'
import type { Random } from '../../core/clock.ts'
import { type ApiProblem, OUT_OF_TURN } from './api-problem.ts'
import type { ApiAnswer, ApiRequest, ClusterConnection } from './cluster-connection.ts'
import type { Placing } from './placing.ts'

const RETRY_FOR_MS = 12_000
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2_000

export type Kind = 'jobs' | 'pods' | 'services' | 'secrets' | 'events' | 'resourcequotas' | 'leases'

const GROUPS: Partial<Record<Kind, string>> = {
  jobs: '/apis/batch/v1',
  leases: '/apis/coordination.k8s.io/v1',
}

export const MERGE_PATCH = 'application/merge-patch+json'
export const JSON_PATCH = 'application/json-patch+json'

/** An object as it is sent to be made. */
export interface NewObject {
  apiVersion: string
  kind: string
  metadata: { name: string; [field: string]: unknown }
  [field: string]: unknown
}

export interface ClusterApi {
  readonly connection: ClusterConnection
  readonly placing: Placing
  /** Of one object, or of all of a kind, wherever they are. */
  path(kind: Kind, name?: string): string
  /** Asks again while there is no answer, for about 12 seconds: a request may be done more than once. */
  ask(request: ApiRequest): Promise<ApiAnswer>
  get(kind: Kind, name: string): Promise<ApiAnswer>
  list(kind: Kind, query: Readonly<Record<string, string>>): Promise<ApiAnswer>
  create(kind: Kind, body: NewObject): Promise<ApiAnswer>
  patch(kind: Kind, name: string, contentType: string, body: unknown): Promise<ApiAnswer>
  /** Deletes what it owns first, then the object itself. */
  remove(kind: Kind, name: string, uid?: string): Promise<ApiAnswer>
}

/** The objects of one provider; every wait ends when `signal` fires, and nothing is changed while `mayWrite` says no. */
export function clusterApi(
  connection: ClusterConnection,
  placing: Placing,
  random: Random,
  signal: AbortSignal,
  mayWrite: () => boolean = () => true,
): ClusterApi {
  const path = (kind: Kind, name?: string): string => {
    const namespace = name === undefined ? placing.common : placing.namespaceOf(name)
    const place = namespace === undefined ? '' : `/namespaces/${namespace}`
    return `${GROUPS[kind] ?? '/api/v1'}${place}/${kind}${name === undefined ? '' : `/${name}`}`
  }

  async function ask(request: ApiRequest): Promise<ApiAnswer> {
    const until = performance.now() + RETRY_FOR_MS
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      // Each time: what was asked for in turn may be tried again out of turn.
      if (request.method !== 'GET' && !mayWrite()) return { ok: false, problem: OUT_OF_TURN }
      const answer = await connection.send({ signal, ...request })
      if (answer.ok || !isPassing(answer.problem, request) || signal.aborted) return answer
      const asked = (answer.problem.retryAfterSec ?? 0) * 1000
      const waitMs = Math.max(Math.min(asked, LONGEST_PAUSE_MS), jitter(pauseMs, random))
      if (performance.now() + waitMs > until) return answer
      await pause(waitMs, signal)
    }
  }

  return {
    connection,
    placing,
    path,
    ask,
    get: async (kind, name) => ask({ method: 'GET', path: path(kind, name) }),
    list: async (kind, query) => ask({ method: 'GET', path: path(kind), query }),
    create: async (kind, body) =>
      ask({ method: 'POST', path: path(kind, body.metadata.name).replace(/\/[^/]*$/, ''), body }),
    patch: async (kind, name, contentType, body) =>
      ask({ method: 'PATCH', path: path(kind, name), contentType, body }),
    remove: async (kind, name, uid) =>
      ask({
        method: 'DELETE',
        path: path(kind, name),
        body: { propagationPolicy: 'Foreground', ...(uid === undefined ? {} : { preconditions: { uid } }) },
      }),
  }
}

// No patch of ours names a version: the API server tried a few times itself while others wrote to the object.
function isPassing({ kind }: ApiProblem, { method }: ApiRequest): boolean {
  return kind === 'unavailable' || (kind === 'conflict' && method === 'PATCH')
}

/** A part of `ms` between a half and the whole, so that those who fail together do not try again together. */
export function jitter(ms: number, random: Random): number {
  const [byte = 0] = random.bytes(1)
  return ms / 2 + (ms / 2) * (byte / 255)
}
