// What does a lease cost on a genuine API server, compared with a bare loop of the same calls, and does it depend on how many there are?
import { randomBytes } from 'node:crypto'
import { PERMISSIONS } from '../../src/compute/kubernetes/check-permissions.ts'
import { connectCluster, type ApiRequest } from '../../src/compute/kubernetes/cluster-connection.ts'
import { startKubernetesCompute } from '../../src/compute/kubernetes/kubernetes-compute.ts'
import { withDefaults } from '../../src/compute/kubernetes/kubernetes-options.ts'
import { jobManifest, secretManifest, serviceManifest } from '../../src/compute/kubernetes/lease-manifests.ts'
import { jobName } from '../../src/compute/kubernetes/object-names.ts'
import type { Compute, MachineRequest } from '../../src/provider/compute-port.ts'
import { auditLog } from '../support/audit-log.ts'
import { makeNamespace, type TestNamespace } from '../support/namespace.ts'
import { type Cluster, startCluster } from '../support/peers/cluster.ts'
import { peerPath } from '../support/peers/require-peer.ts'
import { makeServiceAccount } from '../support/service-account.ts'
import { quietLog } from '../support/quiet-log.ts'
import { testLeaseId, testPodNpub, testPublicKey, testSpecId } from '../support/test-ids.ts'
import { type Figure, median } from './figures.ts'
import { serveMemory } from './serve-memory.ts'

const MANY = Number(process.env['BENCH_LEASES'] ?? 2_700)
const FEW = 10
const ORDERS = 40
const AT_ONCE = 8
const MERGE_PATCH = 'application/merge-patch+json'
const PORTS = { first: 30_000, last: 32_767 }
/** The API server takes one itself. */
const ANY_PORT = 0
const random = { bytes: (count: number): Uint8Array => randomBytes(count) }

/** Nothing where the machine has no control plane, and says so. */
export async function kubernetes(): Promise<Figure[]> {
  try {
    peerPath('cluster')
  } catch (error) {
    console.log(`kubernetes is left out: ${error instanceof Error ? error.message : String(error)}`)
    return []
  }
  const audit = auditLog()
  await using cluster = await startCluster({ fakeNodes: 1, apiserverArgs: audit.apiserverArgs })
  const place = await openPlace(cluster)
  try {
    return await figures(place, () => audit.requestsOf(':daemon').length)
  } finally {
    await place.close()
  }
}

interface Place {
  namespace: TestNamespace
  kubeconfig: string
  open(): Promise<Compute>
  bare(request: MachineRequest): Promise<void>
  close(): Promise<void>
}

async function openPlace({ kubeconfig: admin }: Cluster): Promise<Place> {
  const namespace = await makeNamespace(admin)
  const kubeconfig = await makeServiceAccount(admin, namespace, 'daemon', PERMISSIONS)
  const options = {
    clock: Date,
    random,
    log: quietLog(),
    kubeconfig,
    namespace: namespace.name,
    sshHost: '127.0.0.1',
    portRange: PORTS,
    holdImage: 'paygress/ssh:latest',
  }
  const connection = await connectCluster({ kubeconfig }, Date)
  const ask = async (asked: ApiRequest): Promise<unknown> => {
    const answer = await connection.send(asked)
    if (!answer.ok) throw new Error(answer.problem.message)
    return answer.body
  }
  const patch = async (name: string, spec: object): Promise<unknown> =>
    ask({
      method: 'PATCH',
      path: namespace.path(`jobs/${name}`),
      contentType: MERGE_PATCH,
      body: { spec },
    })
  return {
    namespace,
    kubeconfig,
    open: async () => startKubernetesCompute(options),
    // What any program has to say to the API server for one machine, and nothing else.
    bare: async (request) => {
      const post = async (kind: string, body: object): Promise<unknown> =>
        ask({ method: 'POST', path: namespace.path(kind), body })
      const name = jobName(request.leaseId)
      const uid = uidOf(await post('jobs', jobManifest(request, withDefaults(options), ANY_PORT)))
      await post('secrets', secretManifest(request, uid))
      await post('services', serviceManifest(request.leaseId, uid, ANY_PORT))
      await patch(name, { suspend: false, activeDeadlineSeconds: 300 })
      await patch(name, { activeDeadlineSeconds: 3_600 })
    },
    close: async () => {
      await connection.close()
      await namespace.dispose()
    },
  }
}

async function figures(place: Place, requests: () => number): Promise<Figure[]> {
  const compute = await place.open()
  let next = 1
  const all: MachineRequest[] = []
  const take = (count: number): MachineRequest[] => {
    const made = Array.from({ length: count }, () => machineRequest(next++))
    all.push(...made)
    return made
  }
  // The first ones load everything and open the sockets.
  const ordered = async (request: MachineRequest): Promise<void> => order(compute, request)
  await msEach(compute, take(ORDERS), ordered)
  await inTurns(take(FEW), ordered)
  const few = await msEach(compute, take(ORDERS), ordered)
  const bareFew = await msEach(compute, take(ORDERS), place.bare)
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round < 3; round += 1) {
    ours.push(await perSecond(take(ORDERS), ordered))
    theirs.push(await perSecond(take(ORDERS), async (request) => place.bare(request)))
  }
  await inTurns(take(Math.max(0, MANY - (await compute.list()).length)), ordered)
  const many = await msEach(compute, take(ORDERS), ordered)
  const bareMany = await msEach(compute, take(ORDERS), place.bare)
  const before = requests()
  await inTurns(take(1), ordered)
  const perOrder = requests() - before

  const listing: number[] = []
  for (let round = 0; round < 5; round += 1) {
    const startedAt = performance.now()
    const { length } = await compute.list()
    if (length < MANY) throw new Error(`only ${length} of ${MANY} leases are there`)
    listing.push((performance.now() - startedAt) / 1000)
  }
  const running = new Set(
    (await compute.list()).filter(({ state }) => state !== 'ended').map(({ leaseId }) => leaseId),
  )
  const rented = all.filter(({ leaseId }) => running.has(leaseId))
  const memory = await serveMemory({ ...place, compute, requests: rented })
  await compute.close()
  return [
    {
      what: `leases reserved, started and paid, ${AT_ONCE} at once`,
      ours: median(ours),
      unit: '/s',
      reference: { what: 'a bare loop of the same calls', value: median(theirs) },
    },
    {
      what: `time per order at ${MANY} leases`,
      ours: many,
      unit: 'ms',
      reference: { what: `at ${FEW}`, value: few },
    },
    {
      what: `the bare loop's at ${MANY} leases`,
      ours: bareMany,
      unit: 'ms',
      reference: { what: `at ${FEW}`, value: bareFew },
    },
    { what: 'requests to the API server per order', ours: perOrder, unit: '' },
    { what: `reconcile: list of ${MANY} leases`, ours: median(listing), unit: 's' },
    ...memory,
  ]
}

/** One after the other, each ended before the next begins, so that as many leases are there for the last as for the first. */
async function msEach(
  compute: Compute,
  requests: readonly MachineRequest[],
  work: (request: MachineRequest) => Promise<void>,
): Promise<number> {
  const times: number[] = []
  for (const request of requests) {
    const startedAt = performance.now()
    await work(request)
    times.push(performance.now() - startedAt)
    await compute.end(request.leaseId)
  }
  return median(times)
}

async function order(compute: Compute, request: MachineRequest): Promise<void> {
  await compute.reserve(request)
  await compute.start(request.leaseId, 300)
  await compute.setEnd(request.leaseId, 'payment', new Date(Date.now() + 3_600_000))
}

async function perSecond(
  requests: readonly MachineRequest[],
  work: (request: MachineRequest) => Promise<void>,
): Promise<number> {
  const startedAt = performance.now()
  await inTurns(requests, work)
  return (requests.length * 1000) / (performance.now() - startedAt)
}

/** A few at once, as a daemon does with its buyers. */
async function inTurns(
  requests: readonly MachineRequest[],
  work: (request: MachineRequest) => Promise<unknown>,
): Promise<void> {
  const waiting = [...requests]
  const worker = async (): Promise<void> => {
    for (let request = waiting.shift(); request !== undefined; request = waiting.shift()) await work(request)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

function machineRequest(n: number): MachineRequest {
  return {
    leaseId: testLeaseId(n),
    podNpub: testPodNpub(n),
    owner: testPublicKey(10_000 + n),
    specId: testSpecId('basic'),
    cpuMillicores: 10,
    memoryMb: 16,
    image: 'paygress/ssh:latest',
    username: 'ann',
    authorizedKey: 'ssh-ed25519 AAAA ann',
    hostPrivateKey: 'a key of usual length, '.repeat(18),
    podSecretKey: n.toString(16).padStart(64, '0'),
  }
}

function uidOf(job: unknown): string {
  const uid = JSON.stringify(job).match(/"uid":"([^"]+)"/)?.[1]
  if (uid === undefined) throw new Error('the Job has no uid')
  return uid
}
