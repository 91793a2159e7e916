// What do the manifests say, and how does a test apply them to a genuine API server?
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import * as z from 'zod'
import { connectCluster } from '../../../src/compute/kubernetes/cluster-connection.ts'
import { until } from '../peers/until.ts'

const ROOT = join(import.meta.dirname, '../../..')

const manifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
})
export type Manifest = z.output<typeof manifestSchema>

/** The objects of one file, as it is in the repository. */
export function readManifests(path: string): Manifest[] {
  return parseManifests(readFileSync(join(ROOT, path), 'utf8'))
}

export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => {
    const problem = document.errors[0]
    if (problem !== undefined) throw problem
    return manifestSchema.parse(document.toJS())
  })
}

/** Applies objects in their order, as `kubectl apply --server-side` does; throws with the server's words. */
export async function applyManifests(kubeconfig: string, manifests: readonly Manifest[]): Promise<unknown[]> {
  const connection = await connectCluster({ kubeconfig }, Date)
  try {
    const applied: unknown[] = []
    for (const manifest of manifests) {
      const path = pathOf(manifest)
      const answer = await connection.send({
        method: 'PATCH',
        path,
        query: { fieldManager: 'test', fieldValidation: 'Strict' },
        contentType: 'application/apply-patch+yaml',
        body: manifest,
      })
      if (!answer.ok) throw new Error(`${manifest.kind} ${path}: ${answer.problem.message}`)
      applied.push(answer.body)
      // The controllers have to make this before anybody's pod is admitted.
      const account = `${path}/serviceaccounts/default`
      if (manifest.kind === 'Namespace')
        await until(
          'the account of the namespace',
          async () => (await connection.send({ method: 'GET', path: account })).ok,
        )
    }
    return applied
  } finally {
    await connection.close()
  }
}

function pathOf({ apiVersion, kind, metadata: { name, namespace } }: Manifest): string {
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const plural = kind === 'NetworkPolicy' ? 'networkpolicies' : `${kind.toLowerCase()}s`
  return `${group}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${plural}/${name}`
}
