// What does the provider see of a machine's record?
import { PaygressError } from '../../core/errors.ts'

import type { Machine } from '../../provider/compute-port.ts'
import type { StartedRecord } from './machine-record.ts'
import type { MachineEntry } from './machine-registry.ts'

/** The machine as the port describes it. */
export function machineOf({ record, pod }: MachineEntry, host: string): Machine {
  const { leaseId } = record
  if (record.state === 'reserved') return { leaseId, state: 'reserved', address: { host, port: record.port } }
  if (record.state === 'started') {
    const machine = { host, port: record.port, ...runningTimes(record) }
    return { leaseId, state: pod === undefined ? 'starting' : 'running', machine }
  }
  const started = record.startedAt === undefined ? {} : { startedAt: new Date(record.startedAt) }
  return { leaseId, state: 'ended', reason: record.reason, ...started, endedAt: new Date(record.endedAt) }
}

/** The times of a machine whose clock runs. */
export function runningTimes(record: StartedRecord): { startedAt: Date; expiresAt: Date } {
  return { startedAt: new Date(record.startedAt), expiresAt: new Date(record.expiresAt) }
}

/** When it began and ended; undefined where it never ran. */
export function timesOf({ record }: MachineEntry): { startedAt: Date; endedAt: Date } | undefined {
  if (record.state !== 'ended' || record.startedAt === undefined) return undefined
  return { startedAt: new Date(record.startedAt), endedAt: new Date(record.endedAt) }
}

/** The error of every attempt to change a machine that has ended. */
export function endedError({ record }: MachineEntry): PaygressError {
  const why = record.state === 'ended' ? { reason: record.reason } : {}
  return new PaygressError('pod_ended', 'the machine has ended', { details: why })
}
