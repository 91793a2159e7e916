// How long is the reason looked for why a lease has no pod? Until it stays, there is a pod, or nobody waits any more.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { untilPod } from '../../../src/compute/kubernetes/why-no-pod.ts'
import { testLeaseId } from '../../support/test-ids.ts'

const REFUSED = { reason: 'FailedCreate', message: 'pods is forbidden: exceeded quota: small' }
const LEASE = testLeaseId(1)

const QUOTA = 'the quota of the namespace is used up'

let events: object[]
let pods: string[]
let knowsPods: boolean
let asked: number
let told: string[]
let stop: () => void

beforeEach(() => {
  vi.useFakeTimers()
  events = []
  pods = []
  knowsPods = true
  asked = 0
  told = []
  const list = async () => {
    asked += 1
    return { ok: true as const, body: { items: events } }
  }
  const feed = { job: () => ({ uid: 'uid' }), pods: () => pods, knowsPods: () => knowsPods }
  stop = untilPod({ api: { list }, feed }, LEASE, (reason) => void told.push(reason))
})
afterEach(() => {
  stop()
  vi.useRealTimers()
})

const seconds = async (count: number): Promise<void> => {
  await vi.advanceTimersByTimeAsync(count * 1_000)
}

test('one that is there at once and stays is told after nine seconds, once', async () => {
  events = [REFUSED]
  await seconds(8)
  expect({ asked, told }).toEqual({ asked: 2, told: [] })
  await seconds(100)
  expect({ asked, told }).toEqual({ asked: 3, told: [QUOTA] })
})

test('a controller that says it late is heard, and asked ever less often until then', async () => {
  await seconds(300)
  // After 3, 9, 21, 45 seconds, and then every 30.
  expect({ asked, told }).toEqual({ asked: 12, told: [] })
  events = [REFUSED]
  await seconds(90)
  expect(told).toEqual([QUOTA])
})

test('one that has gone at the next look keeps nobody out', async () => {
  events = [REFUSED]
  await seconds(7)
  events = []
  await seconds(3)
  events = [REFUSED]
  await seconds(11)
  expect(told).toEqual([])
})

test('while it is not known which pods there are nothing is told', async () => {
  events = [REFUSED]
  knowsPods = false
  await seconds(60)
  expect(told).toEqual([])
  knowsPods = true
  await seconds(4)
  expect(told).toEqual([QUOTA])
})

test('with a pod nothing is asked', async () => {
  events = [REFUSED]
  pods = ['pod']
  await seconds(60)
  expect(asked).toBe(0)
})

test('when nobody waits any more nothing is asked, and no answer is told', async () => {
  events = [REFUSED]
  await seconds(6)
  vi.advanceTimersByTime(3_000)
  stop()
  await seconds(60)
  expect({ asked, told }).toEqual({ asked: 3, told: [] })
})

test('when nobody waits any more before the first look nothing is asked', async () => {
  stop()
  await seconds(60)
  expect(asked).toBe(0)
})
