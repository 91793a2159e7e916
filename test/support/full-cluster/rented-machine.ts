// How does a test rent a machine with real containers, and look at it from the node's side?
import { readFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import * as z from 'zod'
import { connectCluster } from '../../../src/compute/kubernetes/cluster-connection.ts'
import type { ApiRequest } from '../../../src/compute/kubernetes/cluster-connection.ts'
import { LEASE_LABEL, POD_NPUB } from '../../../src/compute/kubernetes/object-names.ts'
import { fileErrorCode } from '../../../src/storage/file-error.ts'
import { makeSshKeyPair } from '../../../src/ssh/key-pair.ts'
import type { FullCluster } from '../peers/full-cluster.ts'
import { systemSsh, type SystemSsh } from '../peers/system-ssh.ts'
import { until } from '../peers/until.ts'
import type { Consumer, Given } from '../product/consumer.ts'
import { buyDocument } from '../product/documents.ts'

export const NAMESPACE = 'user-workloads'
const random = { bytes: (count: number): Uint8Array => randomBytes(count) }

const statusSchema = z.object({
  name: z.string(),
  ready: z.boolean(),
  restartCount: z.int(),
  containerID: z.string().optional(),
})
const podSchema = z.object({
  metadata: z.object({ name: z.string(), uid: z.string(), deletionTimestamp: z.string().optional() }),
  status: z.object({
    phase: z.string(),
    reason: z.string().optional(),
    initContainerStatuses: z.array(statusSchema).default([]),
  }),
})
export type Pod = z.output<typeof podSchema>

const jobsSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        labels: z.record(z.string(), z.string()),
        annotations: z.record(z.string(), z.string()),
      }),
    }),
  ),
})
const machineDocument = buyDocument.extend({
  ssh: z.object({ host: z.string(), port: z.int(), username: z.string(), host_key: z.string() }),
})

export interface RentedMachine {
  readonly leaseId: string
  /** As `paygress ssh` knows it. */
  readonly name: string
  readonly npub: string
  /** As the buyer. */
  readonly ssh: SystemSsh
  login(change: { password?: string; identity?: string }): SystemSsh
  /** The pod that is not on its way out. */
  pod(): Promise<Pod>
  /** Times the SSH server was started again in this pod. */
  restarts(): Promise<number>
  /** Process numbers, on the node, of everything in the SSH server's container; the server is the first. */
  processes(): Promise<number[]>
}

/** Asks the API server as its administrator; throws with its words. */
export async function askCluster(cluster: FullCluster, request: ApiRequest): Promise<unknown> {
  const connection = await connectCluster({ kubeconfig: cluster.kubeconfig }, Date)
  const answer = await connection.send(request)
  await connection.close()
  if (!answer.ok) throw new Error(`${request.method} ${request.path}: ${answer.problem.message}`)
  return answer.body
}

/** Buys with these arguments of `paygress buy`, for what is written to its stdin. */
export async function rentMachine(
  cluster: FullCluster,
  buyer: Consumer,
  args: readonly string[],
  given: Given & { password?: string } = {},
): Promise<RentedMachine> {
  const bought = await buyer.ask(
    machineDocument,
    ['buy', '--spec', 'basic', '--user', 'alice', ...args],
    given,
  )
  const leaseId = await leaseOf(cluster, bought.pod_npub)
  const { host, port, username, host_key: hostKey } = bought.ssh
  const login: RentedMachine['login'] = (change) => systemSsh({ host, port, username, hostKey, ...change })
  const pod = async (): Promise<Pod> => {
    const answer = await askCluster(cluster, {
      method: 'GET',
      path: `/api/v1/namespaces/${NAMESPACE}/pods`,
      query: { labelSelector: `${LEASE_LABEL}=${leaseId}` },
    })
    const pods = z.object({ items: z.array(podSchema) }).parse(answer).items
    const alive = pods.filter(
      ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined && !['Failed', 'Succeeded'].includes(status.phase),
    )
    const [only, ...others] = alive
    if (only === undefined || others.length > 0) throw new Error(`the lease has ${alive.length} pods`)
    return only
  }
  const server = async (): Promise<z.output<typeof statusSchema>> => {
    const { status } = await pod()
    const found = status.initContainerStatuses.find(({ name }) => name === 'ssh-server')
    if (found === undefined) throw new Error('the pod has no SSH server')
    return found
  }
  return {
    leaseId,
    name: bought.name,
    npub: bought.pod_npub,
    ssh: login(given.password === undefined ? {} : { password: given.password }),
    login,
    pod,
    restarts: async () => (await server()).restartCount,
    processes: async () => {
      const id = (await server()).containerID?.replace('containerd://', '') ?? ''
      const { stdout } = await cluster.ctr('tasks', 'ps', id)
      return stdout
        .split('\n')
        .slice(1)
        .map((line) => Number.parseInt(line, 10))
        .filter((pid) => pid > 0)
        .toSorted((one, other) => one - other)
    },
  }
}

async function leaseOf(cluster: FullCluster, podNpub: string): Promise<string> {
  const path = `/apis/batch/v1/namespaces/${NAMESPACE}/jobs`
  const { items } = jobsSchema.parse(await askCluster(cluster, { method: 'GET', path }))
  const job = items.find(({ metadata }) => metadata.annotations[POD_NPUB] === podNpub)
  const leaseId = job?.metadata.labels[LEASE_LABEL]
  if (leaseId === undefined) throw new Error(`no Job is there for ${podNpub}`)
  return leaseId
}

/** Waits until somebody can log in again. */
export async function untilItAnswers(ssh: SystemSsh, what: string, timeoutMs = 60_000): Promise<void> {
  await until(what, async () => (await ssh.run('true')).code === 0, timeoutMs)
}

/** What the node's kernel knows of a process: its arguments and its environment; nothing of one that has ended meanwhile. */
export function openSecretsOf(pid: number): string {
  try {
    return ['cmdline', 'environ'].map((name) => readFileSync(`/proc/${pid}/${name}`, 'utf8')).join('\n')
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(fileErrorCode(error) ?? '')) return ''
    throw error
  }
}

/** A fresh key pair of a buyer. */
export const newKeyPair = (): { privateKey: string; publicKey: string } => makeSshKeyPair(random, 'buyer')
