// What does a pod of ours say that a node has to do?
import * as z from 'zod'

const container = z.object({
  name: z.string(),
  image: z.string(),
  restartPolicy: z.string().optional(),
  env: z
    .array(
      z.object({
        name: z.string(),
        value: z.string().default(''),
        valueFrom: z.object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }) }).optional(),
      }),
    )
    .default([]),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })).default([]),
  resources: z.object({ limits: z.object({ cpu: z.string() }) }),
  ports: z.array(z.object({ hostPort: z.number().optional() })).default([]),
})

const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    labels: z.record(z.string(), z.string()),
    deletionTimestamp: z.string().optional(),
  }),
  spec: z.object({
    nodeName: z.string().optional(),
    activeDeadlineSeconds: z.number().optional(),
    initContainers: z.array(container).default([]),
    containers: z.array(container),
    volumes: z
      .array(
        z.object({
          name: z.string(),
          secret: z
            .object({
              secretName: z.string(),
              items: z.array(z.object({ key: z.string(), path: z.string() })),
            })
            .optional(),
        }),
      )
      .default([]),
  }),
  status: z.object({ phase: z.string().optional() }),
})

export type PodObject = z.output<typeof podSchema>
export const parsePod = (object: unknown): PodObject => podSchema.parse(object)

/** The port of the node that the pod asks for. */
export function hostPortOf({ spec }: PodObject): number | undefined {
  return spec.initContainers.flatMap(({ ports }) => ports).find(({ hostPort }) => hostPort !== undefined)
    ?.hostPort
}

export interface SshAccess {
  username: string
  password?: string
  authorizedKey?: string
  hostPrivateKey: string
}

/** The SSH server's settings as the image would find them: its environment, and the files that the pod mounts from Secrets. */
export async function sshAccessOf(
  pod: PodObject,
  readSecret: (name: string) => Promise<Record<string, string>>,
): Promise<SshAccess> {
  const server = pod.spec.initContainers.find(({ name }) => name === 'ssh-server')
  if (server?.restartPolicy !== 'Always') throw new Error('the pod has no SSH server that is kept running')
  const files = await mountedFiles(pod, server.volumeMounts, readSecret)
  const variable = async (name: string): Promise<string | undefined> => {
    const entry = server.env.find((each) => each.name === name)
    if (entry?.valueFrom === undefined) return entry?.value
    const { name: secret, key } = entry.valueFrom.secretKeyRef
    return (await readSecret(secret))[key]
  }
  const file = async (name: string): Promise<string | undefined> => files.get((await variable(name)) ?? '')
  const hostPrivateKey = [...files].find(([path]) => path.endsWith('/ssh_host_ed25519_key'))?.[1]
  const username = await variable('USER_NAME')
  if (hostPrivateKey === undefined || username === undefined) throw new Error('no host key or no user name')
  const password = await file('USER_PASSWORD_FILE')
  const authorizedKey = await file('PUBLIC_KEY_FILE')
  const takesPassword = (await variable('PASSWORD_ACCESS')) === 'true'
  return {
    username,
    hostPrivateKey,
    ...(password === undefined || !takesPassword ? {} : { password }),
    ...(authorizedKey === undefined ? {} : { authorizedKey: authorizedKey.trim() }),
  }
}

async function mountedFiles(
  pod: PodObject,
  mounts: readonly { name: string; mountPath: string }[],
  readSecret: (name: string) => Promise<Record<string, string>>,
): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  for (const { name, mountPath } of mounts) {
    const secret = pod.spec.volumes.find((volume) => volume.name === name)?.secret
    if (secret === undefined) continue
    const content = await readSecret(secret.secretName)
    for (const { key, path } of secret.items) {
      const text = content[key]
      if (text === undefined) throw new Error(`the secret has no ${key}`)
      files.set(`${mountPath}/${path}`, text)
    }
  }
  return files
}
