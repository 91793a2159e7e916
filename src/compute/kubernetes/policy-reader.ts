// Which network policies has the provider's namespace?
import * as z from 'zod'
import type { Clock } from '../../core/clock.ts'
import { placeError } from './api-problem.ts'
import type { ClusterApi } from './cluster-api.ts'
import { readAnswer } from './read-answer.ts'

/** An operator who changes the policies does not wait long for it. */
const FRESH_MS = 60_000

const policiesSchema = z.object({
  items: z.array(z.object({ metadata: z.object({ name: z.string() }), spec: z.unknown() })),
})
export type Policy = z.output<typeof policiesSchema>['items'][number]

export const policiesPath = (namespace: string): string =>
  `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`

export interface PolicyReader {
  /** Those of the provider's namespace, at most a minute old. */
  read(): Promise<Policy[]>
}

export function policyReader(api: ClusterApi, namespace: string, clock: Clock): PolicyReader {
  let known: { at: number; policies: Policy[] } | undefined
  return {
    read: async () => {
      if (known !== undefined && clock.now() - known.at < FRESH_MS) return known.policies
      const asked = await api.ask({ method: 'GET', path: policiesPath(namespace) })
      const answer = readAnswer(asked, policiesSchema)
      if (!answer.ok) throw placeError(answer.problem, 'the network policies could not be read')
      known = { at: clock.now(), policies: answer.body.items }
      return known.policies
    },
  }
}
