// Who runs the pods of a control plane that has no node? Scheduler and kubelet in one, with a real SSH server per pod.
import { connectCluster, type ApiRequest } from '../../src/compute/kubernetes/cluster-connection.ts'
import { jsonLines } from '../../src/compute/kubernetes/json-lines.ts'
import { LEASE_LABEL, SELECTOR } from '../../src/compute/kubernetes/object-names.ts'
import { quantity } from '../../src/compute/kubernetes/quantity.ts'
import * as z from 'zod'
import { atEnd } from './peers/at-end.ts'
import { temporaryFolder } from './peers/temporary-folder.ts'
import { keepNodeReady, NODE, NODE_CPUS } from './node/node-object.ts'
import { runPod, type PodRun } from './node/pod-run.ts'
import { hostPortOf, parsePod, sshAccessOf, type PodObject } from './node/pod-spec.ts'
import { endedStatus, runningStatus, unschedulableStatus, waitingStatus } from './node/pod-status.ts'
import { setTimeout as pause } from 'node:timers/promises'

const MERGE_PATCH = 'application/merge-patch+json'
const SIGTERM_EXIT = 143
/** What the trial of `provider check` ends with where the network keeps it away from the cluster. */
const TRIAL_EXIT = 11

export interface NodeStandIn extends AsyncDisposable {
  /** The SSH server of a lease ends, whatever its exit code, and runs again in place after `downMs`. */
  restartSsh(lease: string, downMs?: number): Promise<void>
  /** The container that holds the pod ends with this code, and the pod with it. */
  endPod(lease: string, exitCode: number): Promise<void>
  /** The next pod of a lease is begun so much later: no node had room for it. */
  delayStart(lease: string, delayMs: number): void
  /** What went wrong inside, for the test's message. */
  readonly problems: string[]
}

interface Running {
  pod: PodObject
  run: PodRun
  heldSince: Date
  restarts: number
  ended: boolean
}

/**
 * Plays the node of a control plane until it is disposed. An image with `missing` in its name is not there; a pod that wants more than
 * 64 processors finds no room. A pod of no lease is the trial of `provider check`, which finds itself kept away from the cluster.
 */
export async function startNodeStandIn(kubeconfig: string): Promise<NodeStandIn> {
  const closing = new AbortController()
  const { signal } = closing
  const connection = await connectCluster({ kubeconfig }, Date)
  const homes = temporaryFolder('node')
  const running = new Map<string, Running>()
  const busy = new Map<string, Promise<void>>()
  const problems: string[] = []
  const delays = new Map<string, number>()

  /** True when it was done; false when the object is gone or has changed since. */
  async function ask(request: ApiRequest): Promise<unknown> {
    for (;;) {
      const answer = await connection.send({ signal, ...request })
      if (answer.ok) return answer.body
      if (signal.aborted || answer.problem.kind !== 'unavailable') return undefined
      await pause(50)
    }
  }

  const pathOf = ({ metadata }: PodObject): string =>
    `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`

  async function setStatus(pod: PodObject, status: object): Promise<void> {
    const body = { metadata: { uid: pod.metadata.uid }, status }
    await ask({ method: 'PATCH', path: `${pathOf(pod)}/status`, contentType: MERGE_PATCH, body })
  }

  async function schedule(pod: PodObject): Promise<void> {
    const cpus = pod.spec.initContainers.map(({ resources }) => quantity(resources.limits.cpu))
    if (Math.max(...cpus) > NODE_CPUS) {
      return setStatus(pod, unschedulableStatus('0/1 nodes are available: 1 Insufficient cpu.'))
    }
    const { name, uid } = pod.metadata
    const body = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, uid },
      target: { kind: 'Node', name: NODE },
    }
    await ask({ method: 'POST', path: `${pathOf(pod)}/binding`, body })
  }

  async function start(pod: PodObject): Promise<void> {
    const image = pod.spec.initContainers.find(({ image: name }) => name.includes('missing'))?.image
    if (image !== undefined) {
      return setStatus(pod, waitingStatus(pod, 'ImagePullBackOff', `Back-off pulling image "${image}"`))
    }
    const { namespace, uid, labels } = pod.metadata
    const lease = labels[LEASE_LABEL]
    if (lease === undefined) return setStatus(pod, endedStatus(pod, TRIAL_EXIT))
    await pause(delays.get(lease) ?? 0)
    delays.delete(lease)
    const access = await sshAccessOf(pod, async (name) => {
      const secret = await ask({ method: 'GET', path: `/api/v1/namespaces/${namespace}/secrets/${name}` })
      return secretSchema.parse(secret).data
    })
    const services = await ask({ method: 'GET', path: `/api/v1/namespaces/${namespace}/services` })
    const port = hostPortOf(pod) ?? nodePortOf(services, labels)
    const run = await runPod(lease, port, access, homes)
    const heldSince = new Date()
    running.set(uid, { pod, run, heldSince, restarts: 0, ended: false })
    await setStatus(pod, runningStatus(pod, true, 0, heldSince))
    const { activeDeadlineSeconds } = pod.spec
    if (activeDeadlineSeconds !== undefined)
      setTimeout(
        () => void finish(uid, SIGTERM_EXIT, 'DeadlineExceeded'),
        activeDeadlineSeconds * 1000,
      ).unref()
  }

  async function finish(uid: string, exitCode: number, reason?: string): Promise<void> {
    const entry = running.get(uid)
    if (entry === undefined || entry.ended) return
    entry.ended = true
    await entry.run.destroy()
    await setStatus(entry.pod, endedStatus(entry.pod, exitCode, reason))
  }

  async function remove(pod: PodObject): Promise<void> {
    const { uid } = pod.metadata
    const isOver = pod.status.phase === 'Failed' || pod.status.phase === 'Succeeded'
    if (running.has(uid)) await finish(uid, SIGTERM_EXIT)
    else if (!isOver) await setStatus(pod, endedStatus(pod, SIGTERM_EXIT))
    await ask({
      method: 'DELETE',
      path: pathOf(pod),
      body: { gracePeriodSeconds: 0, preconditions: { uid } },
    })
    running.delete(uid)
  }

  async function step(pod: PodObject): Promise<void> {
    if (pod.metadata.deletionTimestamp !== undefined) return remove(pod)
    if (pod.spec.nodeName === undefined) return schedule(pod)
    if (pod.spec.nodeName === NODE && pod.status.phase === 'Pending' && !running.has(pod.metadata.uid)) {
      return start(pod)
    }
    return undefined
  }

  async function isThere(pod: PodObject): Promise<boolean> {
    const now = await ask({ method: 'GET', path: pathOf(pod) })
    if (now === undefined) return false
    const { metadata } = parsePod(now)
    return metadata.uid === pod.metadata.uid && metadata.deletionTimestamp === undefined
  }

  /** One step of a pod after the other. */
  function enqueue(pod: PodObject): void {
    const { uid } = pod.metadata
    const next = (busy.get(uid) ?? Promise.resolve())
      .then(() => step(pod))
      .catch(async (error: unknown) => {
        // What belonged to a pod that goes away goes with it, perhaps in the middle of its start.
        if (!signal.aborted && (await isThere(pod))) problems.push(`${pod.metadata.name}: ${String(error)}`)
      })
    busy.set(uid, next)
    void next.then(() => {
      if (busy.get(uid) === next) busy.delete(uid)
    })
  }

  async function follow(): Promise<void> {
    while (!signal.aborted) {
      const list = listSchema.safeParse(
        await ask({ method: 'GET', path: '/api/v1/pods', query: { labelSelector: SELECTOR } }),
      )
      if (!list.success) continue
      for (const item of list.data.items) enqueue(parsePod(item))
      const stream = await connection.open({
        method: 'GET',
        path: '/api/v1/pods',
        query: {
          labelSelector: SELECTOR,
          watch: 'true',
          resourceVersion: list.data.metadata.resourceVersion,
        },
        signal,
      })
      if (!stream.ok) continue
      try {
        for await (const line of jsonLines(stream.chunks)) {
          const { type, object } = eventSchema.parse(line)
          if (type === 'ERROR') break
          if (type !== 'DELETED') enqueue(parsePod(object))
          else await running.get(parsePod(object).metadata.uid)?.run.destroy()
        }
      } catch (error) {
        if (!signal.aborted) problems.push(`watch: ${String(error)}`)
      }
    }
  }

  function ofLease(lease: string): Running {
    const found = [...running.values()].find(
      ({ pod, ended }) => !ended && pod.metadata.labels[LEASE_LABEL] === lease,
    )
    if (found === undefined) throw new Error(`no pod runs for the lease ${lease}`)
    return found
  }

  const heartbeat = await keepNodeReady(ask, signal)
  const following = follow()
  const close = async (): Promise<void> => {
    closing.abort()
    await Promise.allSettled([following, heartbeat.over, ...busy.values()])
    await Promise.allSettled([...running.values()].map(async ({ run }) => run.destroy()))
    running.clear()
    await connection.close()
  }
  atEnd(close)
  return {
    problems,
    restartSsh: async (lease, downMs = 200) => {
      const entry = ofLease(lease)
      entry.run.stop()
      entry.restarts += 1
      await setStatus(entry.pod, runningStatus(entry.pod, false, entry.restarts, entry.heldSince))
      await pause(downMs)
      await entry.run.serve()
      await setStatus(entry.pod, runningStatus(entry.pod, true, entry.restarts, entry.heldSince))
    },
    delayStart: (lease, delayMs) => void delays.set(lease, delayMs),
    endPod: async (lease, exitCode) => finish(ofLease(lease).pod.metadata.uid, exitCode),
    [Symbol.asyncDispose]: close,
  }
}

const listSchema = z.object({
  metadata: z.object({ resourceVersion: z.string() }),
  items: z.array(z.unknown()),
})
const eventSchema = z.object({ type: z.string(), object: z.unknown() })
const secretSchema = z.object({
  data: z.record(
    z.string(),
    z.string().transform((text) => Buffer.from(text, 'base64').toString()),
  ),
})
const servicesSchema = z.object({
  items: z.array(
    z.object({
      spec: z.object({
        selector: z.record(z.string(), z.string()).optional(),
        ports: z.array(z.object({ nodePort: z.number().optional() })),
      }),
    }),
  ),
})

const ANY_PORT = 0

/** What kube-proxy would do: the node port whose Service selects the pod. Without one it listens where nobody looks. */
function nodePortOf(services: unknown, labels: Readonly<Record<string, string>>): number {
  const { items } = servicesSchema.parse(services)
  const selecting = items.find(({ spec }) =>
    Object.entries(spec.selector ?? { '': '' }).every(([name, value]) => labels[name] === value),
  )
  if (selecting === undefined) return ANY_PORT
  const port = selecting.spec.ports[0]?.nodePort
  if (port === undefined) throw new Error('the service that selects the pod has no node port')
  return port
}
