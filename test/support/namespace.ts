// How does a test get a namespace of its own on a shared control plane, and look at what is in it?
import { randomBytes } from 'node:crypto'
import type { ApiRequest } from '../../src/compute/kubernetes/cluster-connection.ts'
import { connectCluster } from '../../src/compute/kubernetes/cluster-connection.ts'
import { until } from './peers/until.ts'

export interface TestNamespace {
  readonly name: string
  /** The answer's body; throws with the server's words. */
  ask(request: ApiRequest): Promise<unknown>
  /** Path of a kind or an object in this namespace. */
  path(rest: string): string
  dispose(): Promise<void>
}

/** Makes a namespace in which pods are admitted. */
export async function makeNamespace(kubeconfig: string): Promise<TestNamespace> {
  const connection = await connectCluster({ kubeconfig }, Date)
  const name = `test-${randomBytes(6).toString('hex')}`
  const all = '/api/v1/namespaces'
  const ask = async (request: ApiRequest): Promise<unknown> => {
    const answer = await connection.send(request)
    if (answer.ok) return answer.body
    throw new Error(`${request.method} ${request.path}: ${answer.problem.status} ${answer.problem.message}`)
  }
  await ask({ method: 'POST', path: all, body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } } })
  // Pods are refused until the controllers have made this.
  const account = `${all}/${name}/serviceaccounts/default`
  await until(
    'the service account of the namespace',
    async () => (await connection.send({ method: 'GET', path: account })).ok,
  )
  return {
    name,
    ask,
    path: (rest) =>
      rest.startsWith('jobs') ? `/apis/batch/v1/namespaces/${name}/${rest}` : `${all}/${name}/${rest}`,
    dispose: async () => {
      await connection.send({ method: 'DELETE', path: `${all}/${name}` })
      await connection.close()
    },
  }
}
