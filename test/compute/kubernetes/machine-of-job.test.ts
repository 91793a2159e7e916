import { describe, expect, test } from 'vitest'
import { leaseJobOf } from '../../../src/compute/kubernetes/lease-job.ts'
import type { LeaseJob } from '../../../src/compute/kubernetes/lease-job.ts'
import { machineOfJob, timesOf } from '../../../src/compute/kubernetes/machine-of-job.ts'
import { operationKey } from '../../../src/compute/kubernetes/deadline.ts'
import { testLeaseId } from '../../support/test-ids.ts'
import { recorded } from './recorded.ts'

const NOON = Date.parse('2026-11-21T12:00:00Z')

function job(name: string, changes: Partial<LeaseJob> = {}): LeaseJob {
  const parsed = leaseJobOf(recorded(name).body)
  if (parsed === undefined) throw new Error(`${name} is no Job of ours`)
  return { ...parsed, ...changes }
}

describe('a recorded Job', () => {
  test('that is suspended is a reserved machine with its address', () => {
    expect(machineOfJob(job('job-reserved'), 'host', false)).toEqual({
      leaseId: testLeaseId(1),
      state: 'reserved',
      address: { host: 'host', port: 32_100 },
    })
  })

  test('whose pod is ready runs until its deadline without the grace', () => {
    expect(machineOfJob(job('job-ready'), 'host', false)).toEqual({
      leaseId: testLeaseId(1),
      state: 'running',
      machine: {
        host: 'host',
        port: 32_100,
        startedAt: new Date(NOON),
        expiresAt: new Date(NOON + 60_000),
      },
    })
  })

  test('whose pod is not ready is starting until SSH has answered once, or it was paid', () => {
    const starting = job('job-ready', { ready: false })
    expect(machineOfJob(starting, 'host', false).state).toBe('starting')
    expect(machineOfJob(starting, 'host', true).state).toBe('running')
    const annotations = { ...starting.annotations, [operationKey('payment')]: '1 2026' }
    expect(machineOfJob({ ...starting, annotations }, 'host', false).state).toBe('running')
  })

  test('that passed its deadline has expired, at its paid end at the latest', () => {
    const expired = job('job-expired')
    expect(machineOfJob(expired, 'host', true)).toEqual({
      leaseId: testLeaseId(4),
      state: 'ended',
      reason: 'expired',
      startedAt: new Date(NOON),
      endedAt: new Date(NOON),
    })
    const late = { ...expired, finished: { expired: true, at: NOON + 9_000 } }
    expect(timesOf(late)?.endedAt).toEqual(new Date(NOON + 2_000))
  })

  test('that is being deleted has ended when that was asked', () => {
    expect(machineOfJob(job('job-deleting', { deletedAt: NOON + 7_000 }), 'host', true)).toMatchObject({
      state: 'ended',
      reason: 'ended',
      startedAt: new Date(NOON),
      endedAt: new Date(NOON + 7_000),
    })
  })

  test('tells all its times on our clock, by as much as that was ahead when it started', () => {
    const machine = machineOfJob(job('job-ready', { offsetSec: 90 }), 'host', false)
    expect(machine).toMatchObject({
      machine: { startedAt: new Date(NOON + 90_000), expiresAt: new Date(NOON + 150_000) },
    })
  })

  test('that was started but not yet looked at by its controller counts from the moment it was asked', () => {
    const text = JSON.stringify(recorded('job-ready').body).replace('"startTime"', '"was"')
    const parsed = leaseJobOf(JSON.parse(text.replace('"1111111111"', `"${NOON / 1000 + 5}"`)))
    expect(parsed?.startTime).toBe(NOON + 5_000)
  })
})

describe('a Job that is not ours', () => {
  test.each([
    ['without our label', (text: string) => text.replaceAll('paygress-ssh-pod', 'other')],
    ['with something else for a lease', (text: string) => text.replaceAll(testLeaseId(1), 'x')],
    ['without a port', (text: string) => text.replace('paygress.io/port', 'port')],
    ['with a time that is none', (text: string) => text.replaceAll('12:00:00Z', 'noon')],
  ])('%s is not read', (_name, change) => {
    const text = JSON.stringify(recorded('job-ready').body)
    expect(leaseJobOf(JSON.parse(text))).toBeDefined()
    expect(leaseJobOf(JSON.parse(change(text)))).toBeUndefined()
  })
})
