import { expect, test } from 'vitest'
import { nodeListSchema, podListSchema, roomOnNodes } from '../../../src/compute/kubernetes/node-room.ts'

const SPEC = { cpuMillicores: 499, memoryMb: 240 }
const STORAGE_MB = 984
const ALLOCATABLE = { cpu: '4', memory: '8Gi', 'ephemeral-storage': '100Gi', pods: '110' }

function node(name: string, changes: { spec?: object; allocatable?: object; ready?: string } = {}) {
  return {
    metadata: { name },
    spec: changes.spec ?? {},
    status: {
      allocatable: { ...ALLOCATABLE, ...changes.allocatable },
      conditions: [{ type: 'Ready', status: changes.ready ?? 'True' }],
    },
  }
}
const takes = (cpu: string, more: object = {}) => ({ resources: { requests: { cpu } }, ...more })
const pod = (nodeName: string | undefined, spec: object, phase = 'Running') => ({
  spec: { nodeName, ...spec },
  status: { phase },
})
const room = (nodes: object[], pods: object[] = [], spec = SPEC): number =>
  roomOnNodes(
    nodeListSchema.parse({ items: nodes }).items,
    podListSchema.parse({ items: pods }).items,
    spec,
    STORAGE_MB,
  )

test('an empty node holds as many machines as its scarcest resource lets it', () => {
  expect(room([node('a')])).toBe(8)
  expect(room([node('a', { allocatable: { memory: '1Gi' } })])).toBe(4)
  expect(room([node('a', { allocatable: { 'ephemeral-storage': '3Gi' } })])).toBe(3)
  expect(room([node('a', { allocatable: { pods: '2' } })])).toBe(2)
})

test('a machine is on one node: two halves hold none', () => {
  const halves = [node('a', { allocatable: { cpu: '400m' } }), node('b', { allocatable: { cpu: '400m' } })]
  expect(room(halves)).toBe(0)
  expect(room([node('a'), node('b')])).toBe(16)
})

test.each([
  ['closed for new pods', { spec: { unschedulable: true } }],
  ['that keeps pods off', { spec: { taints: [{ key: 'x', effect: 'NoSchedule' }] } }],
  ['that is not ready', { ready: 'Unknown' }],
])('a node %s counts for nothing', (_what, changes) => {
  expect(room([node('a', changes)])).toBe(0)
})

test('a node that would rather not have pods still takes them', () => {
  expect(room([node('a', { spec: { taints: [{ key: 'x', effect: 'PreferNoSchedule' }] } })])).toBe(8)
})

test('what pods have asked for is gone, as long as they are there', () => {
  const big = { containers: [takes('2'), takes('500m')] }
  expect(room([node('a')], [pod('a', big)])).toBe(3)
  expect(room([node('a')], [pod('a', big, 'Succeeded'), pod('a', big, 'Failed')])).toBe(8)
  expect(room([node('a')], [pod('b', big), pod(undefined, big)])).toBe(8)
})

test('of init containers the largest counts, sidecars always, and the overhead of the runtime', () => {
  const initContainers = [takes('1', { restartPolicy: 'Always' }), takes('2')]
  expect(room([node('a')], [pod('a', { initContainers, containers: [takes('500m')] })])).toBe(2)
  expect(room([node('a')], [pod('a', { initContainers, containers: [takes('2500m')] })])).toBe(1)
  expect(room([node('a')], [pod('a', { containers: [takes('2')], overhead: { cpu: '1' } })])).toBe(2)
})
