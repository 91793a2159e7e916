// Where do the machines of a sweep run? Nowhere: they are lines of a file, so that what is killed and started again is money alone. Part of the test build.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { PaygressError } from '../../src/core/errors.ts'
import type { LeaseId } from '../../src/core/ids.ts'
import type { Compute, Machine } from '../../src/provider/compute-port.ts'
import type { ProviderConfig } from '../../src/provider/provider-config.ts'

const machine = z.object({
  port: z.number(),
  startedAt: z.number().optional(),
  expiresAt: z.number().optional(),
  endedAt: z.number().optional(),
  operations: z.record(z.string(), z.number()),
})
const place = z.record(z.string(), machine)
type Written = z.infer<typeof machine>

/** Where they are written down, in the data folder of the provider. */
export function machinesFolder(folder: string): string {
  return join(folder, 'machines')
}

/** As `src/wiring/wire-compute.ts`; a file `refuse` in the folder lets no machine start, those in `lost` are gone. */
export async function wireCompute(_config: ProviderConfig, folder: string): Promise<Compute> {
  const dir = machinesFolder(folder)
  mkdirSync(dir, { recursive: true })
  return writtenMachines(dir)
}

/** The machines of a folder, by lease. */
export function readMachines(folder: string): Record<string, Written> {
  const path = join(machinesFolder(folder), 'machines.json')
  return existsSync(path) ? place.parse(JSON.parse(readFileSync(path, 'utf8'))) : {}
}

function writtenMachines(dir: string): Compute {
  const all = (): Record<string, Written> => {
    const path = join(dir, 'lost')
    const lost = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []
    return Object.fromEntries(
      Object.entries(readMachines(join(dir, '..'))).filter(([leaseId]) => !lost.includes(leaseId)),
    )
  }
  const keep = (leaseId: string, change: Partial<Written>): Written => {
    const machines = readMachines(join(dir, '..'))
    const before = machines[leaseId] ?? { port: 30_000 + Object.keys(machines).length, operations: {} }
    const after = { ...before, ...change }
    writeFileSync(join(dir, 'new'), JSON.stringify({ ...machines, [leaseId]: after }))
    renameSync(join(dir, 'new'), join(dir, 'machines.json'))
    return after
  }
  const forget = (leaseId: string): void => {
    const { [leaseId]: _gone, ...rest } = readMachines(join(dir, '..'))
    writeFileSync(join(dir, 'machines.json'), JSON.stringify(rest))
  }
  return {
    check: async () => ({ ok: true, findings: [], clusterId: 'written down' }),
    capacity: async () => new Map(),
    reserve: async ({ leaseId }) => ({ host: '127.0.0.1', port: (all()[leaseId] ?? keep(leaseId, {})).port }),
    async start(leaseId, allowanceSec) {
      if (existsSync(join(dir, 'refuse')))
        throw new PaygressError('machine_failed', 'no machine starts today')
      if (all()[leaseId]?.startedAt !== undefined) return
      keep(leaseId, { startedAt: Date.now(), expiresAt: Date.now() + allowanceSec * 1000 })
    },
    async waitReady(leaseId) {
      const found = described(leaseId, all()[leaseId])
      if (found?.state === 'running') return found.machine
      throw new PaygressError('machine_failed', 'it has ended')
    },
    async setEnd(leaseId, operation, expiresAt) {
      const found = all()[leaseId]
      const done = found?.operations[operation]
      if (found?.expiresAt !== undefined && done !== undefined)
        return { expiresAt: new Date(found.expiresAt) }
      if (found === undefined || described(leaseId, found)?.state !== 'running')
        throw new PaygressError('pod_ended', 'it has ended')
      const at = expiresAt.getTime()
      keep(leaseId, { expiresAt: at, operations: { ...found.operations, [operation]: at } })
      return { expiresAt }
    },
    async end(leaseId) {
      const found = all()[leaseId]
      if (found?.startedAt === undefined) {
        forget(leaseId)
        return undefined
      }
      const endedAt = found.endedAt ?? Math.min(Date.now(), found.expiresAt ?? Number.POSITIVE_INFINITY)
      keep(leaseId, { endedAt })
      return { startedAt: new Date(found.startedAt), endedAt: new Date(endedAt) }
    },
    describe: async (leaseId) => described(leaseId, all()[leaseId]),
    list: async () =>
      Object.entries(all()).flatMap(([leaseId, written]) => described(leaseId as LeaseId, written) ?? []),
    watch: async (_handlers, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
    close: async () => undefined,
  }
}

function described(leaseId: LeaseId, written: Written | undefined): Machine | undefined {
  if (written === undefined) return undefined
  const { port, startedAt, expiresAt, endedAt } = written
  const address = { host: '127.0.0.1', port }
  if (startedAt === undefined || expiresAt === undefined) return { leaseId, state: 'reserved', address }
  const end = endedAt ?? (expiresAt <= Date.now() ? expiresAt : undefined)
  const times = { startedAt: new Date(startedAt) }
  if (end !== undefined) {
    const reason = endedAt === undefined ? 'expired' : 'ended'
    return { leaseId, state: 'ended', reason, ...times, endedAt: new Date(end) }
  }
  return { leaseId, state: 'running', machine: { ...address, ...times, expiresAt: new Date(expiresAt) } }
}
