// May these credentials do one thing?
import * as z from 'zod'
import { placeError } from './api-problem.ts'
import type { ClusterApi } from './cluster-api.ts'
import { readAnswer } from './read-answer.ts'

const reviewSchema = z.object({ status: z.object({ allowed: z.boolean() }) })

/** Asks the API server about the credentials in use; without a namespace, about all of them. Throws where it does not answer. */
export async function isAllowed(
  api: ClusterApi,
  attributes: { namespace?: string; group: string; resource: string; verb: string },
): Promise<boolean> {
  const asked = await api.ask({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: attributes },
    },
  })
  const answer = readAnswer(asked, reviewSchema)
  if (!answer.ok) throw placeError(answer.problem, 'the permissions could not be looked up')
  return answer.body.status.allowed
}
