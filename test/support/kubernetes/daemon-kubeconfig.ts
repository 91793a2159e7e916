// How does a test act with exactly the rights that the manifests give to the daemon?
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import * as z from 'zod'
import { connectCluster } from '../../../src/compute/kubernetes/cluster-connection.ts'
import { temporaryFolder } from '../peers/temporary-folder.ts'

const kubeconfigSchema = z.looseObject({
  users: z.tuple([z.looseObject({ name: z.string(), user: z.unknown() })]),
})
const tokenSchema = z.object({ status: z.object({ token: z.string() }) })

/** Path of a kubeconfig with a token of the daemon's service account, good for an hour. */
export async function daemonKubeconfig(adminKubeconfig: string): Promise<string> {
  const connection = await connectCluster({ kubeconfig: adminKubeconfig }, Date)
  const answer = await connection.send({
    method: 'POST',
    path: '/api/v1/namespaces/ingress-system/serviceaccounts/paygress-sidecar/token',
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 3600 },
    },
  })
  await connection.close()
  if (!answer.ok) throw new Error(`no token for the daemon: ${answer.problem.message}`)
  const config = kubeconfigSchema.parse(parse(readFileSync(adminKubeconfig, 'utf8')))
  config.users[0].user = { token: tokenSchema.parse(answer.body).status.token }
  const path = join(temporaryFolder('daemon'), 'kubeconfig')
  writeFileSync(path, stringify(config), { mode: 0o600 })
  return path
}
