// What is known of a move of a deadline that was found done: did it come in time, or is what runs now an empty machine in its place?
import { expect, test } from 'vitest'
import type { ApiRequest, ClusterConnection } from '../../../src/compute/kubernetes/cluster-connection.ts'
import { clusterApi } from '../../../src/compute/kubernetes/cluster-api.ts'
import { operationKey } from '../../../src/compute/kubernetes/deadline.ts'
import { withDefaults } from '../../../src/compute/kubernetes/kubernetes-options.ts'
import { placing } from '../../../src/compute/kubernetes/placing.ts'
import { setEnd } from '../../../src/compute/kubernetes/set-end.ts'
import { toPaygressError } from '../../../src/core/errors.ts'
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

/** A Job whose move was written so long before its deadline. */
function movedJob(secondsBefore: number): object {
  const { metadata, spec, status } = recorded('job-ready').body as Recorded
  const written = `${DEADLINE / 1000 - secondsBefore} ${iso(START)} ${OLD_SEC}`
  const annotations = {
    ...metadata.annotations,
    'paygress.io/grace-seconds': String(GRACE_SEC),
    [operationKey(OPERATION)]: written,
  }
  return {
    metadata: { ...metadata, annotations },
    spec: { ...spec, activeDeadlineSeconds: NEW_SEC },
    status: { ...status, startTime: iso(START) },
  }
}

/** A pod that was made so long after the deadline, in seconds. */
function podOf(secondsAfter: number): object {
  const { metadata, ...pod } = firstOf('pods-ready') as Recorded
  return { ...pod, metadata: { ...metadata, creationTimestamp: iso(DEADLINE + secondsAfter * 1000) } }
}

/** Asks once more for a move that is on the Job, with these pods alive; what was asked of the cluster is told. */
async function again(job: object, pods: object[]): Promise<{ end: number | string; asked: string[] }> {
  const asked: string[] = []
  const connection: ClusterConnection = {
    send: async ({ method, path }: ApiRequest) => {
      asked.push(`${method} ${path.split('/').at(-1)}`)
      if (method === 'DELETE') return { ok: true, body: {} }
      return { ok: true, body: path.endsWith('/pods') ? { items: pods } : job }
    },
    open: async () => {
      throw new Error('nothing is followed')
    },
    offsetSec: () => 0,
    close: async () => undefined,
  }
  const { signal } = new AbortController()
  const random = { bytes: (count: number) => new Uint8Array(count) }
  const settings = withDefaults({
    clock: { now: () => DEADLINE + 300_000 },
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

test('a pod that came a minute later was made for another reason, and is no sign of it', async () => {
  expect(await again(movedJob(10), [podOf(61)])).toEqual({ end: PAID_END, asked: LOOKED })
  expect(await again(movedJob(10), [podOf(3_000)])).toEqual({ end: PAID_END, asked: LOOKED })
})
