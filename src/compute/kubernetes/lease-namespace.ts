// How does a lease get a namespace of its own, fenced in as its provider's is?
import * as z from 'zod'
import type { Clock } from '../../core/clock.ts'
import { PaygressError } from '../../core/errors.ts'
import type { LeaseId } from '../../core/ids.ts'
import { placeError } from './api-problem.ts'
import type { ClusterApi } from './cluster-api.ts'
import type { KubernetesPlace } from './kubernetes-place.ts'
import { jobName, LEASE_LABEL } from './object-names.ts'
import { readAnswer } from './read-answer.ts'

export const NAMESPACES = '/api/v1/namespaces'
/** An operator who changes the policies does not wait long for it. */
const FRESH_MS = 60_000

const namespaceSchema = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()).default({}) }),
})
const policiesSchema = z.object({
  items: z.array(z.object({ metadata: z.object({ name: z.string() }), spec: z.unknown() })),
})
type Policies = z.output<typeof policiesSchema>['items']

const policiesPath = (namespace: string): string =>
  `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`

/** Makes it, with a copy of every policy of the provider's namespace; does nothing that was done already. */
export async function makeLeaseNamespace(place: KubernetesPlace, leaseId: LeaseId): Promise<void> {
  const { api, settings } = place
  const policies = await place.policies.read()
  const name = jobName(leaseId)
  const level = settings.exposure === 'hostport' ? 'privileged' : 'baseline'
  const labels = { ...api.placing.labels(leaseId), 'pod-security.kubernetes.io/enforce': level }
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }
  const made = await api.ask({ method: 'POST', path: NAMESPACES, body })
  if (!made.ok) {
    if (made.problem.kind !== 'exists') throw notMade(made.problem)
    await expectOwn(api, leaseId)
  }
  await Promise.all(policies.map(async (policy) => copyPolicy(api, name, policy)))
}

const notMade = (problem: Parameters<typeof placeError>[0]): PaygressError =>
  placeError(problem, 'the namespace of the machine could not be made')

/** The first characters of the id name the namespace, its label has all of them. */
async function expectOwn(api: ClusterApi, leaseId: LeaseId): Promise<void> {
  const asked = await api.ask({ method: 'GET', path: `${NAMESPACES}/${jobName(leaseId)}` })
  const there = readAnswer(asked, namespaceSchema)
  if (!there.ok) throw notMade(there.problem)
  if (there.body.metadata.labels[LEASE_LABEL] !== leaseId)
    throw new PaygressError('machine_failed', 'another object has the name of the machine')
}

async function copyPolicy(
  api: ClusterApi,
  namespace: string,
  { metadata, spec }: Policies[number],
): Promise<void> {
  const { name } = metadata
  const body = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name }, spec }
  const answer = await api.ask({ method: 'POST', path: policiesPath(namespace), body })
  if (!answer.ok && answer.problem.kind !== 'exists')
    throw placeError(answer.problem, 'the machine could not be fenced in')
}

export interface PolicyReader {
  /** Those of the provider's namespace, at most a minute old. */
  read(): Promise<Policies>
}

export function policyReader(api: ClusterApi, namespace: string, clock: Clock): PolicyReader {
  let known: { at: number; policies: Policies } | undefined
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
