// What is written down of one machine, so that a new daemon can go on with it?
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { PaygressError } from '../../core/errors.ts'
import { isLeaseId } from '../../core/ids.ts'
import type { LeaseId } from '../../core/ids.ts'
import { readPrivateFile, removePrivateFile, writePrivateFile } from '../../storage/private-files.ts'
import { ensurePrivateFolder } from '../../storage/private-folder.ts'

/*
 *   reserved ──start──► started ──deadline | end──► ended ──a day──► (gone)
 *      └────────────────end────────────────────────►┘
 */

const leaseId = z.string().refine((text): text is LeaseId => isLeaseId(text))
const milliseconds = z.int().nonnegative()
const endReason = z.enum(['expired', 'ended', 'failed'])

/** What the SSH server of a machine needs. */
const access = z.object({
  leaseId,
  port: z.int().min(1).max(65_535),
  username: z.string().min(1),
  password: z.string().optional(),
  authorizedKey: z.string().optional(),
  hostPrivateKey: z.string().min(1),
})

/** End by operation name, in milliseconds: an operation that is here is never done again. */
const operations = z.record(z.string(), milliseconds)

const reserved = access.extend({ state: z.literal('reserved') })
const started = access.extend({
  state: z.literal('started'),
  startedAt: milliseconds,
  expiresAt: milliseconds,
  operations,
})
const ended = z.object({
  state: z.literal('ended'),
  leaseId,
  reason: endReason,
  startedAt: milliseconds.optional(),
  endedAt: milliseconds,
  operations,
})

const machineRecord = z.discriminatedUnion('state', [reserved, started, ended])

export type MachineAccess = z.output<typeof access>
export type ReservedRecord = z.output<typeof reserved>
export type StartedRecord = z.output<typeof started>
export type EndedRecord = z.output<typeof ended>
export type MachineRecord = z.output<typeof machineRecord>

/** The records in a folder, one private JSON file each. */
export interface MachineRecords {
  all(): MachineRecord[]
  write(record: MachineRecord): void
  remove(lease: LeaseId): void
}

/** Opens (and creates) a folder of records; throws `storage_failed` for a file that cannot be understood. */
export function openMachineRecords(folder: string): MachineRecords {
  ensurePrivateFolder(folder)
  const pathOf = (lease: LeaseId): string => join(folder, `${lease}.json`)
  return {
    all: () =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.json'))
        .map((name) => readRecord(join(folder, name))),
    write: (record) => writePrivateFile(pathOf(record.leaseId), `${JSON.stringify(record)}\n`),
    remove: (lease) => removePrivateFile(pathOf(lease)),
  }
}

function readRecord(path: string): MachineRecord {
  try {
    return machineRecord.parse(JSON.parse(readPrivateFile(path)?.content ?? ''))
  } catch {
    // The cause could quote the password that is in the file.
    throw new PaygressError('storage_failed', `${path} is not the record of a machine`, {
      hint: 'move it away; the machine it described cannot be continued',
    })
  }
}
