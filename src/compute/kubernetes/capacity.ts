// How many more machines of each spec fit? The free ports, what the quotas leave, and what the nodes have room for where that may be seen.
import type { SpecId } from '../../core/ids.ts'
import { placeError } from './api-problem.ts'
import type { KubernetesPlace } from './kubernetes-place.ts'
import { roomOnNodes } from './node-room.ts'
import { portsInUse } from './ports-in-use.ts'
import { quotaListSchema, roomInQuotas } from './quota-room.ts'
import { readAnswer } from './read-answer.ts'
import type { ResourceQuota } from './quota-room.ts'

const UNLIMITED = Number.POSITIVE_INFINITY

/** `capacity` of the port: a spec is missing where neither ports, quotas nor nodes limit it. */
export async function capacityOf(
  place: KubernetesPlace,
  specs: readonly { id: SpecId; cpuMillicores: number; memoryMb: number }[],
): Promise<Map<SpecId, number>> {
  const ports = place.settings.exposure === 'none' ? UNLIMITED : place.ports.free(await portsInUse(place))
  const [quotas, seen] = await Promise.all([readQuotas(place), place.nodes.read()])
  const { exposure, storageMb, torImage } = place.settings
  const hasService = exposure === 'nodeport'
  const hasTor = torImage !== undefined
  return new Map(
    specs.flatMap((spec): [SpecId, number][] => {
      const inQuotas = roomInQuotas(quotas, spec, storageMb, hasTor, hasService) ?? ports
      const onNodes = seen === undefined ? ports : roomOnNodes(seen.nodes, seen.pods, spec, storageMb, hasTor)
      const room = Math.min(ports, inQuotas, onNodes)
      return room === UNLIMITED ? [] : [[spec.id, room]]
    }),
  )
}

async function readQuotas(place: KubernetesPlace): Promise<readonly ResourceQuota[]> {
  // A quota counts what is in its own namespace.
  if (place.settings.namespacePerPod === true) return []
  const answer = readAnswer(await place.api.list('resourcequotas', {}), quotaListSchema)
  if (answer.ok) return answer.body.items
  // Who may not read the quotas learns of them from a refusal.
  if (answer.problem.kind === 'forbidden') return []
  throw placeError(answer.problem, 'the quotas of the namespace could not be read')
}
