// What counts as an outage? A pod that was lost, not an SSH server that its tenant ended.
import { describe, expect, test } from 'vitest'
import { leasePodOf } from '../../../src/compute/kubernetes/lease-pod.ts'
import { holdingOf, type PodHold } from '../../../src/compute/kubernetes/pod-hold.ts'
import { LEASE_LABEL } from '../../../src/compute/kubernetes/object-names.ts'
import { testLeaseId } from '../../support/test-ids.ts'

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString()
const ms = (second: number): number => Date.parse(at(second))

interface Given {
  created?: number
  deleted?: { at: number; graceSec?: number }
  phase?: string
  reason?: string
  conditions?: [type: string, status: string, at: number][]
  hold?: object
}

function podOf(given: Given): PodHold {
  const { created = 0, deleted, phase = 'Running', reason, conditions = [], hold } = given
  const grace = deleted?.graceSec ?? 0
  const pod = leasePodOf({
    metadata: {
      name: 'pod',
      uid: `pod-${created}`,
      labels: { [LEASE_LABEL]: testLeaseId(1) },
      creationTimestamp: at(created),
      ...(deleted === undefined
        ? {}
        : { deletionTimestamp: at(deleted.at + grace), deletionGracePeriodSeconds: grace }),
    },
    status: {
      phase,
      ...(reason === undefined ? {} : { reason }),
      conditions: conditions.map(([type, status, changed]) => ({
        type,
        status,
        lastTransitionTime: at(changed),
      })),
      containerStatuses: hold === undefined ? [] : [{ name: 'hold', ...hold }],
    },
  })
  if (pod === undefined) throw new Error('no pod of ours')
  return pod.hold
}

const running = (second: number): object => ({ state: { running: { startedAt: at(second) } } })
const ready = (second: number): [string, string, number][] => [
  ['Ready', 'True', second],
  ['ContainersReady', 'True', second],
]
const unready = (second: number): [string, string, number][] => [
  ['Ready', 'False', second],
  ['ContainersReady', 'False', second],
]

describe('a machine is up', () => {
  test('while its pod holds, also where its tenant ended the SSH server', () => {
    const pod = podOf({ conditions: unready(500), hold: running(5) })
    expect(holdingOf([pod])).toEqual({
      held: true,
      since: ms(500),
      outage: { since: ms(0), until: ms(5) },
    })
  })

  test('from the moment on in which the pod after the lost one holds', () => {
    const lost = podOf({ deleted: { at: 100, graceSec: 5 }, conditions: ready(6), hold: running(5) })
    const next = podOf({ created: 103, conditions: ready(160), hold: running(158) })
    expect(holdingOf([next, lost])).toEqual({
      held: true,
      since: ms(160),
      outage: { since: ms(100), until: ms(158) },
    })
    // And where the cluster has forgotten the former one.
    expect(holdingOf([next])).toMatchObject({ outage: { since: ms(103), until: ms(158) } })
  })

  test('again in the same pod after its node was started anew', () => {
    const hold = {
      restartCount: 1,
      state: { running: { startedAt: at(300) } },
      lastState: { terminated: { finishedAt: at(200) } },
    }
    expect(holdingOf([podOf({ conditions: ready(301), hold })])).toMatchObject({
      outage: { since: ms(200), until: ms(300) },
    })
    // A node that does not know any more when it went down claims nothing.
    const vague = { ...hold, lastState: { terminated: { finishedAt: null } } }
    expect(holdingOf([podOf({ conditions: ready(301), hold: vague })])).toMatchObject({ outage: undefined })
  })
})

describe('a machine is down', () => {
  test('since its node ceased to report', () => {
    const conditions: [string, string, number][] = [
      ['Ready', 'False', 240],
      ['ContainersReady', 'True', 6],
    ]
    const lost = podOf({ conditions, hold: running(5) })
    expect(holdingOf([lost])).toEqual({ held: false, since: ms(240) })
    const leaving = podOf({ conditions, hold: running(5), deleted: { at: 270, graceSec: 5 } })
    const next = podOf({ created: 271, phase: 'Pending' })
    expect(holdingOf([leaving, next])).toEqual({ held: false, since: ms(240) })
  })

  test('since its pod was deleted or failed, while the next one has no place', () => {
    const failed = podOf({
      phase: 'Failed',
      conditions: unready(99),
      hold: { state: { terminated: { finishedAt: at(98) } } },
    })
    expect(holdingOf([failed])).toEqual({ held: false, since: ms(98) })
    const next = podOf({ created: 100, phase: 'Pending', conditions: [['PodScheduled', 'False', 100]] })
    expect(holdingOf([next, failed])).toEqual({ held: false, since: ms(98) })
    expect(holdingOf([next])).toEqual({ held: false, since: ms(100) })
  })

  test('since its pod is set up anew in place', () => {
    const hold = { restartCount: 1, state: { waiting: { reason: 'PodInitializing' } } }
    expect(holdingOf([podOf({ conditions: unready(77), hold })])).toEqual({ held: false, since: ms(77) })
  })

  test('by its node when that runs short, not by its tenant', () => {
    const evicted: Given = { phase: 'Failed', reason: 'Evicted', conditions: unready(50) }
    const byNode = podOf({ ...evicted, conditions: [...unready(50), ['DisruptionTarget', 'True', 49]] })
    expect(holdingOf([byNode])).toEqual({ held: false, since: ms(50) })
    const byTenant = podOf(evicted)
    expect(holdingOf([byTenant])).toBeUndefined()
    const next = podOf({ created: 51, phase: 'Pending' })
    expect(holdingOf([byTenant, next])).toBeUndefined()
    const back = podOf({ created: 51, conditions: ready(90), hold: running(88) })
    expect(holdingOf([byTenant, back])).toMatchObject({ held: true, outage: undefined })
  })
})

test('of no pod at all nothing is known', () => {
  expect(holdingOf([])).toBeUndefined()
})
