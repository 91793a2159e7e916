// How does a test act as a daemon that has certain rights and no others?
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import type { TestNamespace } from './namespace.ts'
import { temporaryFolder } from './peers/temporary-folder.ts'
import { until } from './peers/until.ts'

export interface Grant {
  group: string
  resource: string
  verbs: readonly string[]
}

const tokenSchema = z.object({ status: z.object({ token: z.string() }) })
const RBAC = 'rbac.authorization.k8s.io'

/** Makes a service account with these rights in its namespace; returns the path of its kubeconfig. */
export async function makeServiceAccount(
  admin: string,
  namespace: TestNamespace,
  name: string,
  grants: readonly Grant[],
): Promise<string> {
  const { ask } = namespace
  const roles = `/apis/${RBAC}/v1/namespaces/${namespace.name}`
  const metadata = { name }
  await ask({
    method: 'POST',
    path: namespace.path('serviceaccounts'),
    body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
  })
  const rules = grants.map(({ group, resource, verbs }) => ({
    apiGroups: [group],
    resources: [resource],
    verbs,
  }))
  const role = { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata, rules }
  await ask({ method: 'POST', path: `${roles}/roles`, body: role })
  const binding = {
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: RBAC, kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace: namespace.name }],
  }
  await ask({ method: 'POST', path: `${roles}/rolebindings`, body: binding })
  await untilGranted(namespace, name, grants)
  const { status } = tokenSchema.parse(
    await ask({
      method: 'POST',
      path: namespace.path(`serviceaccounts/${name}/token`),
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
    }),
  )
  const file = join(temporaryFolder('account'), 'kubeconfig')
  writeFileSync(file, readFileSync(admin, 'utf8').replace(/token: .*\}\}/, `token: ${status.token}}}`), {
    mode: 0o600,
  })
  return file
}

const reviewSchema = z.object({ status: z.object({ allowed: z.boolean() }) })

/** The API server's authorizer hears of a binding a moment after it was written. */
async function untilGranted(
  { ask, name: namespace }: TestNamespace,
  account: string,
  grants: readonly Grant[],
): Promise<void> {
  const last = grants.at(-1)
  if (last === undefined) return
  const { group, resource, verbs } = last
  const spec = {
    user: `system:serviceaccount:${namespace}:${account}`,
    resourceAttributes: { namespace, group, resource, verb: verbs.at(-1) },
  }
  const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews'
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec }
  await until('the grants to count', async () => {
    return reviewSchema.parse(await ask({ method: 'POST', path, body })).status.allowed
  })
}
