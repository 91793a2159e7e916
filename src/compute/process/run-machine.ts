// How is a reserved machine started, waited for, and given another end?
import type { Clock } from '../../core/clock.ts'
import { PaygressError } from '../../core/errors.ts'
import type { LeaseId } from '../../core/ids.ts'
import type { RunningMachine } from '../../provider/compute-port.ts'
import { waitForBanner } from '../../ssh/banner-probe.ts'
import { entryOfLease } from './machine-registry.ts'
import type { MachineRegistry } from './machine-registry.ts'
import { endedError, runningTimes } from './machine-view.ts'

/** Starts the clock and the SSH server of a reserved machine; a started one is left as it is. */
export async function startMachine(
  registry: MachineRegistry,
  clock: Clock,
  lease: LeaseId,
  allowanceSec: number,
): Promise<void> {
  const entry = entryOfLease(registry, lease)
  if (entry.record.state === 'started') return
  if (entry.record.state === 'ended') throw endedError(entry)
  const startedAt = clock.now()
  const expiresAt = startedAt + Math.round(allowanceSec * 1000)
  registry.update(entry, { ...entry.record, state: 'started', startedAt, expiresAt, operations: {} })
  try {
    entry.pod?.serve()
  } catch (error) {
    await registry.finish(entry, 'failed')
    const reason = error instanceof Error ? error.message : 'unknown reason'
    throw new PaygressError('machine_failed', `the machine could not be started: ${reason}`, { cause: error })
  }
}

/** Resolves when SSH answers; `machine_failed` as soon as the machine has ended. */
export async function waitReady(
  registry: MachineRegistry,
  host: string,
  lease: LeaseId,
  signal: AbortSignal,
): Promise<RunningMachine> {
  const entry = entryOfLease(registry, lease)
  if (entry.record.state === 'reserved') {
    throw new PaygressError('machine_failed', 'the machine was not started', { details: { lease } })
  }
  if (entry.record.state === 'started') {
    // Since a restart, or its owner would be sent to somebody else's SSH server.
    if (entry.pod === undefined)
      throw new PaygressError('machine_failed', `another program has the port ${entry.record.port}`, {
        details: { lease },
      })
    try {
      await waitForBanner(host, entry.record.port, AbortSignal.any([signal, entry.over.signal]))
    } catch (error) {
      if (!entry.over.signal.aborted) throw error
    }
  }
  // Read again: it may have ended, or got another end, meanwhile.
  const { record } = entry
  if (record.state === 'started') return { host, ...runningTimes(record), port: record.port }
  throw new PaygressError('machine_failed', 'the machine ended before SSH answered', { details: { lease } })
}

/** Moves the end once per operation name. */
export function setEnd(
  registry: MachineRegistry,
  clock: Clock,
  lease: LeaseId,
  operation: string,
  expiresAt: Date,
): { expiresAt: Date } {
  const entry = registry.entries.get(lease)
  if (entry === undefined) throw new PaygressError('pod_ended', 'there is no such machine any more')
  const { record } = entry
  if (record.state === 'reserved')
    throw new PaygressError('internal', 'a machine has no end before it was started')
  const before = Object.hasOwn(record.operations, operation) ? record.operations[operation] : undefined
  if (record.state === 'ended') {
    if (before === undefined) throw endedError(entry)
    return { expiresAt: new Date(before) }
  }
  if (before !== undefined) return { expiresAt: new Date(record.expiresAt) }
  // Past its end it is ending, whoever is quicker.
  if (record.expiresAt <= clock.now()) throw endedError(entry)
  const end = expiresAt.getTime()
  registry.update(entry, {
    ...record,
    expiresAt: end,
    operations: { ...record.operations, [operation]: end },
  })
  return { expiresAt: new Date(end) }
}
