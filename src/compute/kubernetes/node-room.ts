// How many more machines have the nodes room for? Counted as the scheduler does: what a node offers, less what its pods request.
import * as z from 'zod'
import { machineSize, SIZE_OF_HOLD } from './pod-template.ts'
import { quantity } from './quantity.ts'
import { SIZE_OF_TOR } from './tor-sidecar.ts'

const RESOURCES = ['cpu', 'memory', 'ephemeral-storage'] as const
type Amounts = Record<(typeof RESOURCES)[number], number>

const quantities = z.record(z.string(), z.string())
const nodeSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z
    .object({
      unschedulable: z.boolean().default(false),
      taints: z.array(z.object({ effect: z.string() })).default([]),
    })
    .prefault({}),
  status: z.object({
    allocatable: quantities.default({}),
    conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
  }),
})
const containerSchema = z.object({
  restartPolicy: z.string().optional(),
  resources: z.object({ requests: quantities.default({}) }).prefault({}),
})
const podSchema = z.object({
  spec: z.object({
    nodeName: z.string().optional(),
    initContainers: z.array(containerSchema).default([]),
    containers: z.array(containerSchema).default([]),
    overhead: quantities.default({}),
  }),
  status: z.object({ phase: z.string().optional() }).prefault({}),
})

export type Node = z.output<typeof nodeSchema>
export type ScheduledPod = z.output<typeof podSchema>
export const nodeListSchema = z.object({ items: z.array(nodeSchema) })
export const podListSchema = z.object({ items: z.array(podSchema) })

/** How many machines of this size fit on these nodes, each on one of them, with Tor beside it where `hasTor`. */
export function roomOnNodes(
  nodes: readonly Node[],
  pods: readonly ScheduledPod[],
  spec: { cpuMillicores: number; memoryMb: number },
  storageMb: number,
  hasTor = false,
): number {
  const parts = [machineSize(spec, storageMb), SIZE_OF_HOLD, ...(hasTor ? [SIZE_OF_TOR] : [])]
  const need = parts.map(amountsOf).reduce(sum, NOTHING)
  const podsByNode = Map.groupBy(pods.filter(isThere), ({ spec: { nodeName } }) => nodeName)
  return nodes
    .filter(takesMachines)
    .map((node) => roomOn(node, podsByNode.get(node.metadata.name) ?? [], need))
    .reduce((all, room) => all + room, 0)
}

const isThere = ({ status: { phase } }: ScheduledPod): boolean => phase !== 'Succeeded' && phase !== 'Failed'

// Machines tolerate no taint but those of a node that is about to be lost, and such a node takes none.
function takesMachines({ spec, status }: Node): boolean {
  const isReady = status.conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True')
  return isReady && !spec.unschedulable && !spec.taints.some(({ effect }) => effect !== 'PreferNoSchedule')
}

function roomOn({ status: { allocatable } }: Node, pods: readonly ScheduledPod[], need: Amounts): number {
  const used = pods.map(requestedBy).reduce(sum, NOTHING)
  const offered = amountsOf(allocatable)
  const fits = RESOURCES.map((name) => Math.floor((offered[name] - used[name]) / need[name] + 1e-6))
  const places = quantity(allocatable['pods'] ?? '0') - pods.length
  return Math.max(0, Math.min(...fits, places))
}

const NOTHING: Amounts = { cpu: 0, memory: 0, 'ephemeral-storage': 0 }

/** What the scheduler counts for a pod: its containers and sidecars, or an init container that needs more beside the sidecars before it. */
function requestedBy({ spec: { initContainers, containers, overhead } }: ScheduledPod): Amounts {
  let [sidecars, most] = [NOTHING, NOTHING]
  for (const { restartPolicy, resources } of initContainers) {
    const with_ = sum(sidecars, amountsOf(resources.requests))
    most = larger(most, with_)
    if (restartPolicy === 'Always') sidecars = with_
  }
  const running = containers.map(({ resources }) => amountsOf(resources.requests)).reduce(sum, sidecars)
  return sum(larger(running, most), amountsOf(overhead))
}

const amountsOf = (all: Readonly<Record<string, string>>): Amounts =>
  combine((name) => quantity(all[name] ?? '0'))
const sum = (one: Amounts, other: Amounts): Amounts => combine((name) => one[name] + other[name])
const larger = (one: Amounts, other: Amounts): Amounts => combine((name) => Math.max(one[name], other[name]))

function combine(amount: (name: (typeof RESOURCES)[number]) => number): Amounts {
  return {
    cpu: amount('cpu'),
    memory: amount('memory'),
    'ephemeral-storage': amount('ephemeral-storage'),
  }
}
