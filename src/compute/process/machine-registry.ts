// Which machines are there, in which state is each, and who is told when one ends?
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { PaygressError } from '../../core/errors.ts'
import type { LeaseId } from '../../core/ids.ts'
import type { Log } from '../../core/log.ts'
import type { EndReason } from '../../provider/compute-port.ts'
import { openMachineRecords } from './machine-record.ts'
import type { EndedRecord, MachineRecord, ReservedRecord, StartedRecord } from './machine-record.ts'
import { createPod } from './pod.ts'
import type { Pod } from './pod.ts'
import { killPodProcesses } from './pod-processes.ts'
import { isTaken, listenOnPort } from './port-listener.ts'
import type { PortListener } from './port-listener.ts'
import { removeHome } from './remove-home.ts'

const KEEP_ENDED_MS = 24 * 60 * 60 * 1000

export interface MachineEntry {
  record: MachineRecord
  /** Missing where it ended, or where another program has its port since a restart. */
  pod?: Pod
  /** Fires when it ends. */
  readonly over: AbortController
  /** Settles when nothing of it is left. */
  ending?: Promise<void>
}

export interface RegistryOptions {
  dir: string
  host: string
  clock: Clock
  log: Log
  scriptPath?: string
}

export type OnEnd = (lease: LeaseId, reason: EndReason) => void

export interface MachineRegistry {
  readonly entries: ReadonlyMap<LeaseId, MachineEntry>
  readonly watchers: Set<OnEnd>
  /** Adds a machine that holds its port. */
  add(record: ReservedRecord, listener: PortListener): MachineEntry
  /** Writes the next record of a live machine. */
  update(entry: MachineEntry, record: StartedRecord): void
  /** Ends a machine: the record first, then everything it held. A machine that ended stays as it ended. */
  finish(entry: MachineEntry, reason: EndReason): Promise<void>
  /** Takes up what an earlier daemon left. */
  restore(): Promise<void>
  /** Ends what is past its deadline and tries again to get ports that were taken. */
  tick(): Promise<void>
}

/** Opens the machines of a folder. */
export function openMachineRegistry(options: RegistryOptions): MachineRegistry {
  const { dir, host, clock, log, scriptPath } = options
  const records = openMachineRecords(join(dir, 'machines'))
  const entries = new Map<LeaseId, MachineEntry>()
  const watchers = new Set<OnEnd>()
  const homeOf = (lease: LeaseId): string => join(dir, 'homes', lease)

  function podOf(access: ReservedRecord | StartedRecord, listener: PortListener): Pod {
    const script = scriptPath === undefined ? {} : { scriptPath }
    return createPod({ access, listener, home: homeOf(access.leaseId), log, ...script })
  }

  function add(record: ReservedRecord, listener: PortListener): MachineEntry {
    records.write(record)
    const entry: MachineEntry = { record, pod: podOf(record, listener), over: new AbortController() }
    entries.set(record.leaseId, entry)
    return entry
  }

  function update(entry: MachineEntry, record: StartedRecord): void {
    records.write(record)
    entry.record = record
  }

  async function finish(entry: MachineEntry, reason: EndReason): Promise<void> {
    if (entry.record.state !== 'ended') {
      const record = endedRecord(entry.record, reason, clock.now())
      records.write(record)
      entry.record = record
      entry.over.abort()
      entry.ending = dismantle(entry, record)
    }
    await entry.ending
  }

  async function dismantle(entry: MachineEntry, { leaseId, reason }: EndedRecord): Promise<void> {
    const { pod } = entry
    await tidy(leaseId, async () => (pod === undefined ? sweep(leaseId) : pod.destroy()))
    delete entry.pod
    for (const tell of watchers) tell(leaseId, reason)
  }

  // The next start sweeps again; an end is an end all the same.
  async function tidy(lease: LeaseId, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      log.error({ lease, reason: reasonOf(error) }, 'something of an ended machine is left')
    }
  }

  // The home goes last: while it is there, the processes may be too.
  async function sweep(lease: LeaseId): Promise<void> {
    if (!existsSync(homeOf(lease))) return
    await killPodProcesses(lease, new Set())
    await removeHome(homeOf(lease))
  }

  async function bind(entry: MachineEntry): Promise<void> {
    const { record } = entry
    if (record.state === 'ended' || entry.pod !== undefined) return
    try {
      const pod = podOf(record, await listenOnPort(host, record.port))
      if (entry.over.signal.aborted) return pod.close()
      entry.pod = pod
      if (record.state === 'started') pod.serve()
    } catch (error) {
      if (!isTaken(error)) throw error
      log.warn({ lease: record.leaseId, port: record.port }, 'another program has the port of a machine')
    }
  }

  async function restoreOne(record: MachineRecord): Promise<void> {
    if (record.state === 'ended') {
      await tidy(record.leaseId, async () => sweep(record.leaseId))
      if (clock.now() - record.endedAt > KEEP_ENDED_MS) return records.remove(record.leaseId)
    }
    const entry: MachineEntry = { record, over: new AbortController() }
    entries.set(record.leaseId, entry)
    if (record.state === 'ended') return entry.over.abort()
    if (isExpired(record, clock.now())) return finish(entry, 'expired')
    return bind(entry)
  }

  return {
    entries,
    watchers,
    add,
    update,
    finish,
    restore: async () => {
      for (const record of records.all()) await restoreOne(record)
    },
    tick: async () => {
      const due = [...entries.values()].map(async (entry) =>
        isExpired(entry.record, clock.now()) ? finish(entry, 'expired') : bind(entry),
      )
      for (const result of await Promise.allSettled(due)) {
        if (result.status === 'rejected')
          log.error({ reason: reasonOf(result.reason) }, 'a machine could not be kept')
      }
    },
  }
}

/** The entry of a lease; throws `machine_failed` where there is none. */
export function entryOfLease(registry: MachineRegistry, lease: LeaseId): MachineEntry {
  const entry = registry.entries.get(lease)
  if (entry !== undefined) return entry
  throw new PaygressError('machine_failed', 'there is no machine for this lease', { details: { lease } })
}

function isExpired(record: MachineRecord, now: number): boolean {
  return record.state === 'started' && record.expiresAt <= now
}

function endedRecord(record: ReservedRecord | StartedRecord, reason: EndReason, now: number): EndedRecord {
  const { leaseId } = record
  if (record.state === 'reserved') return { state: 'ended', leaseId, reason, endedAt: now, operations: {} }
  const { startedAt, expiresAt, operations } = record
  // Nobody pays for the time in which no daemon was there to end it.
  const endedAt = reason === 'expired' ? Math.min(now, expiresAt) : now
  return { state: 'ended', leaseId, reason, startedAt, endedAt, operations }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
