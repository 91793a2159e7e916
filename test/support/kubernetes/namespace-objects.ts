// What is in a namespace? Every object of every kind that the API server knows, whoever made it.
import * as z from 'zod'
import type { TestNamespace } from '../namespace.ts'

const resourcesSchema = z.object({
  resources: z.array(
    z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean(), verbs: z.array(z.string()) }),
  ),
})
const groupsSchema = z.object({
  groups: z.array(z.object({ preferredVersion: z.object({ groupVersion: z.string() }) })),
})
const listSchema = z.object({
  items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })),
})

export interface NamespaceObject {
  kind: string
  name: string
  /** The whole object as JSON. */
  text: string
}

/** Lists all of them, kind by kind, as the API server's own directory names them. */
export async function objectsOf({ name: namespace, ask }: TestNamespace): Promise<NamespaceObject[]> {
  const { groups } = groupsSchema.parse(await ask({ method: 'GET', path: '/apis' }))
  const roots = ['/api/v1', ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)]
  const found = await Promise.all(
    roots.map(async (root) => {
      const { resources } = resourcesSchema.parse(await ask({ method: 'GET', path: root }))
      const listed = resources.filter(({ namespaced, verbs }) => namespaced && verbs.includes('list'))
      return Promise.all(
        listed.map(async ({ name, kind }) => {
          const { items } = listSchema.parse(
            await ask({ method: 'GET', path: `${root}/namespaces/${namespace}/${name}` }),
          )
          return items.map((item) => ({ kind, name: item.metadata.name, text: JSON.stringify(item) }))
        }),
      )
    }),
  )
  return found.flat(2)
}
