// How does a lease get its Job, its secrets and its port, once?
import * as z from 'zod'
import { PaygressError } from '../../core/errors.ts'
import type { LeaseId } from '../../core/ids.ts'
import type { MachineAddress, MachineRequest } from '../../provider/compute-port.ts'
import { ONION_PORT } from '../../core/onion.ts'
import { placeError, unreadableAnswer } from './api-problem.ts'
import type { ApiProblem } from './api-problem.ts'
import { MERGE_PATCH } from './cluster-api.ts'
import { changedJob, readJob } from './kubernetes-place.ts'
import type { KubernetesPlace } from './kubernetes-place.ts'
import type { LeaseJob } from './lease-job.ts'
import { jobManifest, secretManifest, serviceManifest } from './lease-manifests.ts'
import { makeLeaseNamespace } from './lease-namespace.ts'
import { isOver } from './machine-of-job.ts'
import { jobName, LEASE_LABEL, PORT, serviceName } from './object-names.ts'
import { portsInUse, usedPorts } from './ports-in-use.ts'
import { readAnswer } from './read-answer.ts'

const NO_PORT = 'No available ports in the configured range'

/** `reserve` of the port: concurrent calls for one lease are one. */
export function reserving(place: KubernetesPlace): (request: MachineRequest) => Promise<MachineAddress> {
  const pending = new Map<LeaseId, Promise<MachineAddress>>()
  return async (request) => {
    const { leaseId } = request
    const running = pending.get(leaseId)
    if (running !== undefined) return running
    const reservation = reserve(place, request).finally(() => pending.delete(leaseId))
    pending.set(leaseId, reservation)
    return reservation
  }
}

async function reserve(place: KubernetesPlace, request: MachineRequest): Promise<MachineAddress> {
  const { settings } = place
  const { leaseId } = request
  place.feed.start()
  // Nobody but us knows who has a port of the node: it is given out only when all that are taken are known.
  const used = settings.exposure === 'hostport' ? await portsInUse(place, leaseId) : usedPorts(place, leaseId)
  const ports = place.ports.candidates(used)
  try {
    const first = settings.exposure === 'none' ? ONION_PORT : nextOf(ports)
    if (first === undefined) throw new PaygressError('busy', NO_PORT)
    if (settings.namespacePerPod === true) await makeLeaseNamespace(place, leaseId)
    const { job, isNew } = await createJob(place, request, first)
    if (isOver(job)) throw new PaygressError('pod_ended', 'the machine has ended')
    if (job.suspended) await createSecret(place, request, job)
    if (settings.exposure !== 'nodeport' || !job.suspended) return { host: settings.sshHost, port: job.port }
    const port = await exposeJob(place, job, ports, isNew)
    return { host: settings.sshHost, port }
  } finally {
    ports.return(undefined)
  }
}

async function createJob(
  place: KubernetesPlace,
  request: MachineRequest,
  port: number,
): Promise<{ job: LeaseJob; isNew: boolean }> {
  const answer = await place.api.create('jobs', jobManifest(request, place.settings, port))
  if (answer.ok) return { job: changedJob(place, answer.body), isNew: true }
  if (answer.problem.kind !== 'exists') {
    // It may have been made all the same, with this port.
    const isUnknown = place.settings.exposure === 'hostport' && answer.problem.kind === 'unavailable'
    if (isUnknown) place.ports.refused(port)
    throw refusal(answer.problem)
  }
  const job = await readJob(place, request.leaseId)
  if (job !== undefined) return { job, isNew: false }
  throw new PaygressError('machine_failed', 'another object has the name of the machine')
}

async function createSecret(place: KubernetesPlace, request: MachineRequest, job: LeaseJob): Promise<void> {
  const answer = await place.api.create('secrets', secretManifest(request, job.uid))
  if (!answer.ok && answer.problem.kind !== 'exists') throw refusal(answer.problem)
}

/** Finds a port that the API server gives to the lease's Service, and notes it on the Job. */
async function exposeJob(
  place: KubernetesPlace,
  job: LeaseJob,
  others: Generator<number>,
  isNew: boolean,
): Promise<number> {
  const { leaseId } = job
  const port = (isNew ? undefined : await servicePort(place, leaseId)) ?? (await takePort(place, job, others))
  if (port === undefined) {
    await place.api.remove('jobs', jobName(leaseId), job.uid)
    throw new PaygressError('busy', NO_PORT)
  }
  if (port !== job.port) {
    const patch = { metadata: { annotations: { [PORT]: String(port) } } }
    const answer = await place.api.patch('jobs', jobName(leaseId), MERGE_PATCH, patch)
    if (!answer.ok) throw refusal(answer.problem)
    changedJob(place, answer.body)
  }
  return port
}

async function takePort(
  place: KubernetesPlace,
  job: LeaseJob,
  others: Generator<number>,
): Promise<number | undefined> {
  const { leaseId } = job
  let looked = false
  for (let port: number | undefined = job.port; port !== undefined; port = nextOf(others)) {
    const answer = await place.api.create('services', serviceManifest(leaseId, job.uid, port))
    if (answer.ok) return port
    const { kind } = answer.problem
    if (kind !== 'port-taken' && kind !== 'exists') throw refusal(answer.problem)
    // A Service whose answer was lost has its own port: that, too, is refused as taken.
    if (!looked || kind === 'exists') {
      const own = await servicePort(place, leaseId)
      if (own !== undefined) return own
      looked = true
    }
    place.ports.refused(port)
  }
  return undefined
}

function nextOf(ports: Generator<number>): number | undefined {
  const next = ports.next()
  return next.done === true ? undefined : next.value
}

const serviceSchema = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()).default({}) }),
  spec: z.object({ ports: z.array(z.object({ nodePort: z.int().min(1).optional() })).default([]) }),
})

/** The port of the Service that the lease already has. */
async function servicePort(place: KubernetesPlace, leaseId: LeaseId): Promise<number | undefined> {
  const answer = readAnswer(await place.api.get('services', serviceName(leaseId)), serviceSchema)
  if (!answer.ok) {
    if (answer.problem.kind === 'not-found') return undefined
    throw placeError(answer.problem, 'the port of the machine could not be looked up')
  }
  const service = answer.body
  if (service.metadata.labels[LEASE_LABEL] !== leaseId) {
    throw new PaygressError('machine_failed', 'another object has the name of the machine')
  }
  const port = service.spec.ports[0]?.nodePort
  if (port === undefined)
    throw placeError(unreadableAnswer(200), 'the port of the machine could not be looked up')
  return port
}

function refusal(problem: ApiProblem): PaygressError {
  const { kind, message } = problem
  if (kind === 'quota') return new PaygressError('busy', 'the quota of the namespace is used up')
  if (kind === 'invalid')
    return new PaygressError('machine_failed', `the cluster refuses the machine: ${message}`)
  return placeError(problem, 'the machine could not be reserved')
}
