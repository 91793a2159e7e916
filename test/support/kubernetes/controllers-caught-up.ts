// Are the controllers at work again after their API server was away? Their watches come back later than the server does, each on its own.
import { randomUUID } from 'node:crypto'
import { connectCluster } from '../../../src/compute/kubernetes/cluster-connection.ts'
import * as z from 'zod'
import { until } from '../peers/until.ts'

const JOBS = '/apis/batch/v1/namespaces/default/jobs'
const PODS = '/api/v1/namespaces/default/pods'
/** A watch that failed some times in a row waits for up to a minute before it tries again. */
const PATIENCE_MS = 120_000

const jobSchema = z.object({ status: z.object({ failed: z.int().default(0) }).prefault({}) })
const podsSchema = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) })

/**
 * Resolves when a Job that is made now has its pod, the end of that pod is counted, and the pod goes with its Job: the watches of Jobs
 * and of pods and the garbage collector are at work.
 */
export async function controllersCaughtUp(kubeconfig: string): Promise<void> {
  await using connection = await closable(kubeconfig)
  const { send } = connection
  const name = `probe-${randomUUID()}`
  const job = `${JOBS}/${name}`

  const pods = async (): Promise<string[]> => {
    const answer = await send({ method: 'GET', path: PODS, query: { labelSelector: `job-name=${name}` } })
    return answer.ok ? podsSchema.parse(answer.body).items.map(({ metadata }) => metadata.name) : ['unknown']
  }
  const isCounted = async (): Promise<boolean> => {
    const answer = await send({ method: 'GET', path: job })
    return answer.ok && jobSchema.parse(answer.body).status.failed === 1
  }
  const endPod = async (): Promise<boolean> => {
    const [pod] = await pods()
    if (pod === undefined) return false
    const path = `${PODS}/${pod}/status`
    const contentType = 'application/merge-patch+json'
    return (await send({ method: 'PATCH', path, contentType, body: { status: { phase: 'Failed' } } })).ok
  }

  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'none', image: 'none' }] } }
  const spec = { template, backoffLimit: 0 }
  const body = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec }
  await until('a Job', async () => (await send({ method: 'POST', path: JOBS, body })).ok, PATIENCE_MS)
  await until('the end of its pod', endPod, PATIENCE_MS)
  await until('the Job to count it', isCounted, PATIENCE_MS)
  await send({ method: 'DELETE', path: job, body: { propagationPolicy: 'Background' } })
  await until('the pod to go', async () => (await pods()).length === 0, PATIENCE_MS)
}

async function closable(kubeconfig: string) {
  const connection = await connectCluster({ kubeconfig }, Date)
  return { send: connection.send.bind(connection), [Symbol.asyncDispose]: async () => connection.close() }
}
