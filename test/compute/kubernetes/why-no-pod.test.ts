// How long is the reason looked for why a lease has no pod? Until it is known, there is a pod, or nobody waits any more.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { whileNoPod } from '../../../src/compute/kubernetes/why-no-pod.ts'
import { testLeaseId } from '../../support/test-ids.ts'

const REFUSED = { reason: 'FailedCreate', message: 'pods is forbidden: exceeded quota: small' }
const LEASE = testLeaseId(1)

let events: object[]
let pods: string[]
let asked: number
let told: string[]
let stop: () => void

beforeEach(() => {
  vi.useFakeTimers()
  events = []
  pods = []
  asked = 0
  told = []
  const list = async () => {
    asked += 1
    return { ok: true as const, body: { items: events } }
  }
  const feed = { job: () => ({ uid: 'uid' }), pods: () => pods }
  stop = whileNoPod({ api: { list }, feed }, LEASE, (reason) => void told.push(reason))
})
afterEach(() => {
  vi.useRealTimers()
})

test('a controller that says it late is heard, and told once', async () => {
  await vi.advanceTimersByTimeAsync(10_000)
  expect({ asked, told }).toEqual({ asked: 3, told: [] })
  events = [REFUSED]
  await vi.advanceTimersByTimeAsync(60_000)
  expect({ asked, told }).toEqual({ asked: 4, told: ['the quota of the namespace is used up'] })
})

test('with a pod, or when nobody waits any more, nothing is asked', async () => {
  events = [REFUSED]
  pods = ['pod']
  await vi.advanceTimersByTimeAsync(60_000)
  pods = []
  stop()
  await vi.advanceTimersByTimeAsync(60_000)
  expect({ asked, told }).toEqual({ asked: 0, told: [] })
})

test('an answer that comes when nobody waits any more is not told', async () => {
  events = [REFUSED]
  vi.advanceTimersByTime(3_000)
  stop()
  await vi.advanceTimersByTimeAsync(60_000)
  expect({ asked, told }).toEqual({ asked: 1, told: [] })
})
