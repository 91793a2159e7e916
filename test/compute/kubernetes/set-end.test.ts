// What is known of a move of a deadline: did it come in time, or is what runs now an empty machine in its place?
import { expect, test } from 'vitest'
import type { ApiRequest, ClusterConnection } from '../../../src/compute/kubernetes/cluster-connection.ts'
import { clusterApi } from '../../../src/compute/kubernetes/cluster-api.ts'
import { operationKey } from '../../../src/compute/kubernetes/deadline.ts'
import { withDefaults } from '../../../src/compute/kubernetes/kubernetes-options.ts'
import { placing } from '../../../src/compute/kubernetes/placing.ts'
import type { TimeSpan } from '../../../src/compute/kubernetes/server-clock.ts'
import { setEnd } from '../../../src/compute/kubernetes/set-end.ts'
import { toPaygressError } from '../../../src/core/errors.ts'
import type { Clock } from '../../../src/core/clock.ts'
import { isLeaseId } from '../../../src/core/ids.ts'
import { quietLog } from '../../support/quiet-log.ts'
import { firstOf, recorded } from './recorded.ts'

const START = Date.parse('2026-11-21T12:00:00Z')
const OLD_SEC = 130
const NEW_SEC = 3_730
const GRACE_SEC = 10
const DEADLINE = START + OLD_SEC * 1000
const LEASE = '00000001000000000000000000000000'
const OPERATION = 'order/topup'

const iso = (ms: number): string => new Date(ms).toISOString()

interface Recorded {
  metadata: { annotations?: Record<string, string>; [field: string]: unknown }
  spec: object
  status: object
}

function jobOf(deadlineSec: number, operations: Record<string, string>): object {
  const { metadata, spec, status } = recorded('job-ready').body as Recorded
  const annotations = {
    ...metadata.annotations,
    'paygress.io/grace-seconds': String(GRACE_SEC),
    ...operations,
  }
  return {
    metadata: { ...metadata, annotations },
    spec: { ...spec, activeDeadlineSeconds: deadlineSec },
    status: { ...status, startTime: iso(START) },
  }
}

/** A Job whose move was written so long before its deadline. */
function movedJob(secondsBefore: number): object {
  const written = `${DEADLINE / 1000 - secondsBefore} ${iso(START)} ${OLD_SEC}`
  return jobOf(NEW_SEC, { [operationKey(OPERATION)]: written })
}

/** A pod that was made so long after the deadline, in seconds. */
function podOf(secondsAfter: number): object {
  const { metadata, ...pod } = firstOf('pods-ready') as Recorded
  return { ...pod, metadata: { ...metadata, creationTimestamp: iso(DEADLINE + secondsAfter * 1000) } }
}

interface Asked {
  end: number | string
  /** What was asked of the cluster. */
  asked: string[]
}

interface Cluster {
  /** Our own clock. */
  clock: Clock
  /** By how many seconds that is ahead. */
  offsetSec?: number
  /** Between which times the clock of the cluster is. */
  span: () => TimeSpan | undefined
  jobFor: (method: string) => object
  pods: object[]
  /** Is told the body of every request. */
  heard?: (body: unknown) => void
}

/** Asks once more for a move that is on the Job, with these pods alive. */
async function again(job: object, pods: object[]): Promise<Asked> {
  const now = DEADLINE + 300_000
  return move({ clock: { now: () => now }, span: () => ({ from: now, to: now }), jobFor: () => job, pods })
}

/** Asks for the first time, and is answered between so long before and after the deadline, whatever our clock says. */
async function answered(from: number, to: number, pods: object[]): Promise<Asked> {
  const span = { from: DEADLINE + from, to: DEADLINE + to }
  return move({ clock: { now: () => DEADLINE - 60_000 }, span: () => span, jobFor: firstOnly, pods })
}

/** Asks for the first time, and is answered so long after the deadline by our clock; the cluster tells no time. */
async function answeredBlindly(afterMs: number, pods: object[]): Promise<Asked> {
  let now = DEADLINE - 60_000
  const jobFor = (method: string): object => {
    if (method === 'PATCH') now = DEADLINE + afterMs
    return firstOnly(method)
  }
  return move({ clock: { now: () => now }, span: () => undefined, jobFor, pods })
}

const firstOnly = (method: string): object => (method === 'PATCH' ? movedJob(60) : jobOf(OLD_SEC, {}))

async function move({ clock, offsetSec = 0, span, jobFor, pods, heard }: Cluster): Promise<Asked> {
  const asked: string[] = []
  const connection: ClusterConnection = {
    send: async ({ method, path, body }: ApiRequest) => {
      heard?.(body)
      asked.push(`${method} ${path.split('/').at(-1)}`)
      if (method === 'DELETE') return { ok: true, body: {} }
      return { ok: true, body: path.endsWith('/pods') ? { items: pods } : jobFor(method) }
    },
    open: async () => {
      throw new Error('nothing is followed')
    },
    serverClock: { offsetSec: () => offsetSec, now: span },
    close: async () => undefined,
  }
  const { signal } = new AbortController()
  const random = { bytes: (count: number) => new Uint8Array(count) }
  const settings = withDefaults({
    clock,
    random,
    log: quietLog(),
    namespace: 'user-workloads',
    sshHost: '127.0.0.1',
    portRange: { first: 30_000, last: 31_000 },
    holdImage: 'paygress/ssh:latest',
  })
  const api = clusterApi(connection, placing(settings), random, signal)
  const feed = {
    start: () => undefined,
    job: () => undefined,
    jobs: () => [],
    listJobs: async () => ({ objects: [], resourceVersion: '1' }),
    pods: () => [],
    isComplete: () => true,
    knowsPods: () => true,
    learn: () => undefined,
    listen: () => () => undefined,
    over: Promise.resolve(),
  }
  if (!isLeaseId(LEASE)) throw new Error('no lease id')
  const moved = setEnd({ settings, api, feed, signal }, LEASE, OPERATION, new Date(START))
  const end = await moved.then(
    ({ expiresAt }) => expiresAt.getTime(),
    (error: unknown) => toPaygressError(error).code,
  )
  return { end, asked }
}

const PAID_END = START + (NEW_SEC - GRACE_SEC) * 1000
const MOVED = ['GET ssh-pod-00000001', 'PATCH ssh-pod-00000001']
const ENDED = [...MOVED, 'GET pods', 'DELETE ssh-pod-00000001']
const LOOKED = ['GET ssh-pod-00000001', 'GET pods']

test('one that was written long before its deadline came in time: nobody looks any further', async () => {
  expect(await again(movedJob(31), [podOf(10)])).toEqual({ end: PAID_END, asked: LOOKED.slice(0, 1) })
})

test.each([29, 16, 1, -3])(
  'one that was written %i s before it has kept the pod of before',
  async (before) => {
    expect(await again(movedJob(before), [podOf(-100)])).toEqual({ end: PAID_END, asked: LOOKED })
  },
)

test.each([29, 16, 1, -3])(
  'one that was written %i s before it and found another pod came too late: what is left is ended',
  async (before) => {
    const ended = { end: 'pod_ended', asked: [...LOOKED, 'DELETE ssh-pod-00000001'] }
    expect(await again(movedJob(before), [podOf(12)])).toEqual(ended)
    expect(await again(movedJob(before), [podOf(59)])).toEqual(ended)
    expect(await again(movedJob(before), [])).toEqual(ended)
  },
)

test.each([
  ['half a pod', { metadata: { labels: { 'paygress.io/lease': LEASE } } }],
  ['the pod of nobody', { ...podOf(-100), metadata: { ...(podOf(-100) as Recorded).metadata, labels: {} } }],
  ['nothing', null],
])('%s in the list is no sign that the pod is gone: nothing is ended', async (_what, odd) => {
  expect(await again(movedJob(10), [odd as object])).toEqual({ end: 'failed', asked: LOOKED })
  expect(await again(movedJob(10), [podOf(12), odd as object])).toEqual({ end: 'failed', asked: LOOKED })
})

test('one whose answer surely comes a second before the old deadline came in time', async () => {
  expect(await answered(-9_000, -1_000, [])).toEqual({ end: PAID_END, asked: MOVED })
})

test('one whose answer may come later counts where the pod of before is there when the controller has decided', async () => {
  expect(await answered(1_900, 2_900, [podOf(-100)])).toEqual({
    end: PAID_END,
    asked: [...MOVED, 'GET pods'],
  })
  expect(await answered(1_900, 2_900, [])).toEqual({ end: 'pod_ended', asked: ENDED })
  const before = performance.now()
  expect(await answered(0, 1_000, [podOf(12)])).toEqual({ end: 'pod_ended', asked: ENDED })
  expect(performance.now() - before).toBeGreaterThan(1_990)
})

test('the time that is written with it is that of the cluster, whatever our clock says', async () => {
  const now = DEADLINE - 60_000
  const bodies: unknown[] = []
  await move({
    clock: { now: () => now - 20_000 },
    offsetSec: -20,
    span: () => ({ from: now, to: now }),
    jobFor: firstOnly,
    pods: [],
    heard: (body) => void bodies.push(body),
  })
  expect(JSON.stringify(bodies)).toContain(`"${now / 1000} ${iso(START)} ${OLD_SEC}"`)
})

test('where the cluster tells no time ours is taken, and may be three seconds off', async () => {
  expect(await answeredBlindly(-4_000, [])).toEqual({ end: PAID_END, asked: MOVED })
  const before = performance.now()
  expect(await answeredBlindly(4_000, [podOf(12)])).toEqual({ end: 'pod_ended', asked: ENDED })
  expect(performance.now() - before).toBeGreaterThan(990)
  expect(await answeredBlindly(-3_999 + 9_000, [])).toEqual({ end: 'pod_ended', asked: ENDED })
})

test('a pod that came a minute later was made for another reason, and is no sign of it', async () => {
  expect(await again(movedJob(10), [podOf(61)])).toEqual({ end: PAID_END, asked: LOOKED })
  expect(await again(movedJob(10), [podOf(3_000)])).toEqual({ end: PAID_END, asked: LOOKED })
})
