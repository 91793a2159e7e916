// Are the controllers at work again after their API server was away? Their watches come back later than the server does.
import { randomUUID } from 'node:crypto'
import { connectCluster } from '../../../src/compute/kubernetes/cluster-connection.ts'
import * as z from 'zod'
import { until } from '../peers/until.ts'

const JOBS = '/apis/batch/v1/namespaces/default/jobs'
const jobSchema = z.object({ status: z.object({ active: z.int().default(0) }).prefault({}) })

/** Resolves when a Job that is made now has its pod. */
export async function controllersCaughtUp(kubeconfig: string): Promise<void> {
  const connection = await connectCluster({ kubeconfig }, Date)
  const name = `probe-${randomUUID()}`
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'none', image: 'none' }] } }
  const body = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { template } }
  try {
    await until('a Job', async () => (await connection.send({ method: 'POST', path: JOBS, body })).ok, 60_000)
    await until(
      'its pod',
      async () => {
        const answer = await connection.send({ method: 'GET', path: `${JOBS}/${name}` })
        return answer.ok && jobSchema.parse(answer.body).status.active === 1
      },
      120_000,
    )
    const propagationPolicy = 'Background'
    await connection.send({ method: 'DELETE', path: `${JOBS}/${name}`, body: { propagationPolicy } })
  } finally {
    await connection.close()
  }
}
