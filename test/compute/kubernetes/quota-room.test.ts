import { expect, test } from 'vitest'
import { quotaListSchema, roomInQuotas } from '../../../src/compute/kubernetes/quota-room.ts'
import type { ResourceQuota } from '../../../src/compute/kubernetes/quota-room.ts'
import { recorded } from './recorded.ts'

const SPEC = { cpuMillicores: 500, memoryMb: 256 }

function quota(
  hard: Record<string, string>,
  used: Record<string, string>,
  scopes: string[] = [],
): ResourceQuota {
  return { spec: { scopes }, status: { hard, used } }
}

test('without a quota that covers machines there is no limit', () => {
  expect(roomInQuotas([], SPEC, 1_000)).toBeUndefined()
  expect(roomInQuotas([quota({ configmaps: '1' }, {})], SPEC, 1_000)).toBeUndefined()
  expect(roomInQuotas([quota({ pods: '1' }, {}, ['BestEffort'])], SPEC, 1_000)).toBeUndefined()
})

test('the recorded quota leaves no room', () => {
  const { items } = quotaListSchema.parse(recorded('resource-quotas').body)
  expect(roomInQuotas(items, SPEC, 1_000)).toBe(0)
})

test('the tightest of all limits counts, the container that holds the pod included', () => {
  const jobs = quota({ 'count/jobs.batch': '10' }, { 'count/jobs.batch': '3' })
  expect(roomInQuotas([jobs], SPEC, 1_000)).toBe(7)
  expect(roomInQuotas([jobs, quota({ 'requests.cpu': '2004m' }, {})], SPEC, 1_000)).toBe(4)
  expect(roomInQuotas([jobs, quota({ 'requests.cpu': '2' }, {})], SPEC, 1_000)).toBe(3)
  expect(
    roomInQuotas([jobs, quota({ 'limits.memory': '1Gi' }, { 'limits.memory': '480Mi' })], SPEC, 1_000),
  ).toBe(2)
  expect(
    roomInQuotas([quota({ 'requests.ephemeral-storage': '1Gi' }, {}, ['NotTerminating'])], SPEC, 500),
  ).toBe(1)
})

test('a quota of Services limits only machines that have one', () => {
  const none = quota({ 'services.nodeports': '0', 'count/jobs.batch': '5' }, {})
  expect(roomInQuotas([none], SPEC, 1_000)).toBe(0)
  expect(roomInQuotas([none], SPEC, 1_000, false, false)).toBe(5)
})

test('a quota that is overdrawn leaves no room, not less', () => {
  expect(roomInQuotas([quota({ pods: '1' }, { pods: '4' })], SPEC, 1_000)).toBe(0)
})
