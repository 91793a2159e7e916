// How many more machines do the quotas of the namespace leave room for?
import * as z from 'zod'
import { machineSize, SIZE_OF_HOLD } from './pod-template.ts'
import { quantity } from './quantity.ts'
import { SIZE_OF_TOR } from './tor-sidecar.ts'

const quotaSchema = z.object({
  spec: z
    .object({ scopes: z.array(z.string()).default([]), scopeSelector: z.unknown().optional() })
    .prefault({}),
  status: z
    .object({
      hard: z.record(z.string(), z.string()).default({}),
      used: z.record(z.string(), z.string()).default({}),
    })
    .prefault({}),
})

export type ResourceQuota = z.output<typeof quotaSchema>

export const quotaListSchema = z.object({ items: z.array(quotaSchema) })

/** Scopes that cover our pods: they have requests, and no deadline of their own. */
const OUR_SCOPES = new Set(['NotTerminating', 'NotBestEffort'])
/** What a machine takes one of. */
const ONES = ['pods', 'count/pods', 'count/jobs.batch', 'secrets', 'count/secrets']
/** And of these, where its port is one of the cluster's. */
const ONES_OF_SERVICE = ['services', 'count/services', 'services.nodeports']
const SIZES = ['cpu', 'memory', 'ephemeral-storage'] as const

/** How many machines of this size fit, each with Tor beside it where `hasTor` and a Service where `hasService`; undefined where no quota limits them. */
export function roomInQuotas(
  quotas: readonly ResourceQuota[],
  spec: { cpuMillicores: number; memoryMb: number },
  storageMb: number,
  hasTor = false,
  hasService = true,
): number | undefined {
  const each = needs(spec, storageMb, hasTor)
  if (hasService) for (const name of ONES_OF_SERVICE) each.set(name, 1)
  let room: number | undefined
  for (const { spec: scope, status } of quotas) {
    if (scope.scopeSelector !== undefined || scope.scopes.some((name) => !OUR_SCOPES.has(name))) continue
    for (const [name, hard] of Object.entries(status.hard)) {
      const need = each.get(name)
      if (need === undefined) continue
      const rest = quantity(hard) - quantity(status.used[name] ?? '0')
      // A millionth forgives what binary fractions do to 0.1.
      const fit = Math.max(0, Math.floor(rest / need + 1e-6))
      room = Math.min(room ?? fit, fit)
    }
  }
  return room
}

function needs(
  spec: { cpuMillicores: number; memoryMb: number },
  storageMb: number,
  hasTor: boolean,
): Map<string, number> {
  const size = machineSize(spec, storageMb)
  const needed = new Map(ONES.map((name) => [name, 1]))
  for (const name of SIZES) {
    const sum =
      quantity(size[name]) + quantity(SIZE_OF_HOLD[name]) + (hasTor ? quantity(SIZE_OF_TOR[name]) : 0)
    for (const key of [name, `requests.${name}`, `limits.${name}`]) needed.set(key, sum)
  }
  return needed
}
