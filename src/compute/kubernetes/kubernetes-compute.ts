// How are machines rented out on a Kubernetes cluster? One Job per lease, whose deadline the cluster itself enforces.
import { PaygressError } from '../../core/errors.ts'
import type { LeaseId } from '../../core/ids.ts'
import type { Compute, Machine } from '../../provider/compute-port.ts'
import { placeError } from './api-problem.ts'
import { capacityOf } from './capacity.ts'
import { checkCluster } from './check-cluster.ts'
import { clusterApi } from './cluster-api.ts'
import { connectCluster } from './cluster-connection.ts'
import { endMachine } from './end-machine.ts'
import { withDefaults } from './kubernetes-options.ts'
import type { KubernetesComputeOptions } from './kubernetes-options.ts'
import { readJob } from './kubernetes-place.ts'
import type { KubernetesPlace } from './kubernetes-place.ts'
import { isReadable } from './lease-job.ts'
import type { LeaseJob } from './lease-job.ts'
import { policyReader } from './policy-reader.ts'
import { machineFeed } from './machine-feed.ts'
import { isOver, machineOfJob } from './machine-of-job.ts'
import { nodeReader } from './node-reader.ts'
import { placing } from './placing.ts'
import { portBook } from './port-book.ts'
import { reserving } from './reserve-machine.ts'
import { setEnd } from './set-end.ts'
import { startMachine } from './start-machine.ts'
import { waitReady } from './wait-ready.ts'
import { sweepNamespaces } from './sweep-namespaces.ts'
import { tryIsolation } from './try-isolation.ts'
import { watchEnds } from './watch-ends.ts'

const LONGEST_GRACE_SEC = 60

/** Reads the kubeconfig and is ready; the cluster is asked by what is called. Throws `config_invalid`. */
export async function startKubernetesCompute(options: KubernetesComputeOptions): Promise<Compute> {
  const settings = withDefaults(options)
  const { clock, random, log, portRange, mayWrite } = settings
  if (portRange.last < portRange.first || settings.graceSec < 0 || settings.graceSec > LONGEST_GRACE_SEC)
    throw new PaygressError(
      'config_invalid',
      'the range of SSH ports is empty, or the grace is not 0 to 60 seconds',
    )
  const closing = new AbortController()
  const { signal } = closing
  const connection = await connectCluster(settings, clock)
  const api = clusterApi(connection, placing(settings), random, signal, mayWrite)
  const place: KubernetesPlace = {
    settings,
    api,
    feed: machineFeed(api, random, log, signal),
    ports: portBook(portRange.first, portRange.last, clock, random),
    nodes: nodeReader(api, clock),
    policies: policyReader(api, settings.namespace, clock),
    log,
    answered: new Set(),
    ended: new Map(),
    signal,
  }
  place.feed.listen({
    onJob: (before, after) => {
      if (before !== undefined && after === undefined) place.answered.delete(before.leaseId)
    },
  })

  return {
    check: async () => checkCluster(place),
    trial: async () => tryIsolation(place),
    capacity: async (specs) => capacityOf(place, specs),
    reserve: reserving(place),
    start: async (lease, allowanceSec) => startMachine(place, lease, allowanceSec),
    waitReady: async (lease, waiting) => waitReady(place, lease, waiting),
    setEnd: async (lease, operation, expiresAt) => setEnd(place, lease, operation, expiresAt),
    end: async (lease) => endMachine(place, lease),
    describe: async (lease) => describe(place, lease),
    list: async () => list(place),
    watch: async (handlers, watching) => {
      if (settings.namespacePerPod === true) sweepNamespaces(place)
      return watchEnds(place, handlers, watching)
    },
    close: async () => {
      closing.abort()
      await place.feed.over
      await connection.close()
    },
  }
}

async function describe(place: KubernetesPlace, lease: LeaseId): Promise<Machine | undefined> {
  const job = await readJob(place, lease)
  if (job !== undefined) return machineOf(place, job)
  const ended = place.ended.get(lease)
  return ended !== undefined && isOver(ended) ? machineOf(place, ended) : undefined
}

async function list(place: KubernetesPlace): Promise<Machine[]> {
  const listed = await place.feed.listJobs()
  if ('problem' in listed) throw placeError(listed.problem, 'the machines could not be listed')
  return listed.objects.map((job) =>
    isReadable(job) ? machineOf(place, job) : { leaseId: job.leaseId, state: 'unknown' },
  )
}

function machineOf(place: KubernetesPlace, job: LeaseJob): Machine {
  return machineOfJob(job, place.settings.sshHost, place.answered.has(job.leaseId))
}
