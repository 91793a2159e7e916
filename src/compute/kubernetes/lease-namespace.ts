// How does a lease get a namespace of its own, fenced in as its provider's is?
import * as z from 'zod'
import { PaygressError } from '../../core/errors.ts'
import type { LeaseId } from '../../core/ids.ts'
import { placeError } from './api-problem.ts'
import type { ClusterApi } from './cluster-api.ts'
import type { KubernetesPlace } from './kubernetes-place.ts'
import { jobName, LEASE_LABEL } from './object-names.ts'
import type { Policy } from './policy-reader.ts'
import { policiesPath } from './policy-reader.ts'
import { readAnswer } from './read-answer.ts'

export const NAMESPACES = '/api/v1/namespaces'

const namespaceSchema = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()).default({}) }),
})

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

async function copyPolicy(api: ClusterApi, namespace: string, { metadata, spec }: Policy): Promise<void> {
  const { name } = metadata
  const body = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name }, spec }
  const answer = await api.ask({ method: 'POST', path: policiesPath(namespace), body })
  if (!answer.ok && answer.problem.kind !== 'exists')
    throw placeError(answer.problem, 'the machine could not be fenced in')
}
