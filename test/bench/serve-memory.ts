// How much memory does the daemon need for the leases that it looks after? The built program beside a genuine API server with as many Jobs.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startMint } from '../../src/devnet/mint/start-mint.ts'
import { startRelay } from '../../src/devnet/relay/start-relay.ts'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import { leaseRow, type Lease } from '../../src/provider/lease.ts'
import { writeOrder, type SpawnOrder } from '../../src/provider/orders.ts'
import { createLedger } from '../../src/storage/ledger-store.ts'
import { openProfileFile } from '../../src/storage/profile-database.ts'
import { parseOrderId } from '../../src/core/ids.ts'
import type { Compute, MachineRequest } from '../../src/provider/compute-port.ts'
import type { TestNamespace } from '../support/namespace.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { startServe } from '../support/scenario/serve-process.ts'
import type { Figure } from './figures.ts'

/** As the Dockerfile starts it. */
const AS_IN_THE_IMAGE = {
  nodeOptions: ['--max-semi-space-size=4', '--heap-growing-percent=40'],
  env: { MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '65536', MALLOC_MMAP_THRESHOLD_: '65536' },
}
const HOUR_MS = 3_600_000
/** The first look at all machines, and what it leaves for the collector. */
const SETTLE_MS = 20_000

export interface MemoryPlace {
  compute: Compute
  kubeconfig: string
  namespace: TestNamespace
  /** Machines that run and are paid for, in the cluster. */
  requests: readonly MachineRequest[]
}

/** Starts `serve` with a ledger of these leases and looks at its memory when it has seen them all. */
export async function serveMemory(place: MemoryPlace): Promise<Figure[]> {
  await using relay = await closing(startRelay({ auth: true }))
  await using mint = await closing(startMint())
  const dir = temporaryFolder('bench-serve')
  writeLedger(join(dir, 'paygress.db'), place.requests, mint.url)
  const { process: daemon } = await startServe({
    dir,
    relays: [relay.url],
    mints: [mint.url],
    nodeOptions: AS_IN_THE_IMAGE.nodeOptions,
    env: {
      ...AS_IN_THE_IMAGE.env,
      BACKEND: 'kubernetes',
      KUBECONFIG: place.kubeconfig,
      POD_NAMESPACE: place.namespace.name,
      SSH_HOST: '127.0.0.1',
      SSH_PORT_RANGE_START: '30000',
      SSH_PORT_RANGE_END: '32767',
      BASE_IMAGE: 'paygress/ssh:latest',
      LOG_LEVEL: 'info',
    },
  })
  try {
    await pause(SETTLE_MS)
    const there = (await place.compute.list()).length
    if (daemon.hasExited() || there < place.requests.length)
      throw new Error(`the daemon did not keep its machines: ${daemon.stderr().slice(-2_000)}`)
    const { now, most } = memoryOf(daemon.pid)
    const count = place.requests.length
    return [
      { what: `memory of serve with ${count} leases`, ours: now, unit: 'MiB' },
      { what: `the most it had, its start included`, ours: most, unit: 'MiB' },
    ]
  } finally {
    await daemon.end('SIGTERM')
  }
}

async function closing<Thing extends { close(): Promise<void> }>(starting: Promise<Thing>) {
  const thing = await starting
  return { ...thing, [Symbol.asyncDispose]: async () => thing.close() }
}

/** As if each had been ordered, paid and delivered. */
function writeLedger(path: string, requests: readonly MachineRequest[], mint: string): void {
  const database = openProfileFile(path)
  const ledger = createLedger(database)
  database.transaction((tx) => {
    for (const request of requests) {
      const order = deliveredOrder(request, mint)
      writeOrder(ledger, tx, order)
      ledger.putLease(tx, leaseRow(runningLease(order)))
    }
  })
  database.close()
}

function deliveredOrder(request: MachineRequest, mint: string): SpawnOrder {
  const { leaseId, owner, podNpub, specId, cpuMillicores, memoryMb, image, username, hostPrivateKey } =
    request
  const now = Date.now()
  const endSec = Math.floor(now / 1000) + 900
  return {
    key: `order-${leaseId}`,
    sender: owner,
    type: 'spawn',
    orderId: parseOrderId(leaseId),
    fingerprint: 'f'.repeat(64),
    createdAt: now,
    reply: 'r'.repeat(1_500),
    door: 'gift-wrap',
    address: owner,
    kind: 'spawn',
    leaseId,
    spec: { id: specId, name: 'Basic', description: 'One', cpuMillicores, memoryMb, rateMsatPerSec: 100 },
    machine: {
      podNpub,
      podName: `ssh-pod-${leaseId.slice(0, 8)}`,
      podSecretKey: request.podSecretKey,
      hostPrivateKey,
      hostPublicKey: 'h'.repeat(90),
      image,
      username,
    },
    chargeRun: false,
    payment: {
      token: {
        token: 't'.repeat(2_000),
        mint: parseMintUrl(mint),
        unit: 'sat',
        amountSat: 12n,
        netSat: 11n,
        proofCount: 3,
        ys: ['02'.padEnd(66, 'a'), '02'.padEnd(66, 'b'), '02'.padEnd(66, 'c')],
        lock: { kind: 'ours', locktime: endSec, refundPubkey: '02'.padEnd(66, 'd') },
      },
      way: 'lock',
      releasable: true,
      captureBefore: endSec - 300,
      lockEndsAt: endSec,
    },
    stage: { state: 'delivered' },
  }
}

function runningLease({ leaseId, key, sender, machine, spec }: SpawnOrder): Lease {
  const now = Date.now()
  const { podNpub, podName } = machine
  const head = {
    leaseId,
    orderKey: key,
    owner: sender,
    podNpub,
    podName,
    specId: spec.id,
    state: 'running',
  } as const
  const time = { paidFrom: now, paidUntil: now + HOUR_MS, restMsat: 0n }
  return { ...head, ...time, spec, host: '127.0.0.1', port: 30_000, reported: true, owedMs: 0 }
}

/** MiB, as Linux counts them. */
function memoryOf(pid: number): { now: number; most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const mib = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024
  return { now: mib('VmRSS'), most: mib('VmHWM') }
}
