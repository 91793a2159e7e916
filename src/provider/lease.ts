// What does the provider remember of a paid machine, and how does its buyer see it?
import * as z from 'zod'
import { PaygressError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { parseJson } from '../core/parse-json.ts'
import type { LeaseRow } from './ports.ts'
import { specFields } from './stored-fields.ts'

const leaseFields = z.object({
  spec: specFields,
  host: z.string(),
  port: z.number(),
  /** A relay took the first reply: from then on the buyer can know of the machine. */
  reported: z.boolean(),
  /** The time before that was added to the end that stands here, which is not known to be enforced yet. */
  unreportedOwed: z.boolean().optional(),
  /** By so much the end that stands here is later than the one that is known to be enforced, in milliseconds. */
  owedMs: z.number().default(0),
  /** Times in which the machine was down by its provider's fault, in milliseconds; absent before the first one. */
  outages: z
    .object({
      /** How many were made good by a later end. */
      madeGood: z.number(),
      /** By how much later, together, in milliseconds. */
      addedMs: z.number().default(0),
      /** What was lost and did not move the end: it is refunded with what is unused, in milliseconds. */
      toRefundMs: z.number().default(0),
      /** What was before is settled. */
      settledUntil: z.number(),
      /** It is down since then. */
      downSince: z.number().optional(),
      /** The end that stands here is not known to be enforced yet. */
      owed: z.boolean(),
    })
    .optional(),
})

export type Lease = Omit<LeaseRow, 'body'> & z.infer<typeof leaseFields>

export function parseLease(row: LeaseRow): Lease {
  const lease = tryLease(row)
  if (lease !== undefined) return lease
  throw new PaygressError('internal', `lease ${row.leaseId} cannot be read from the ledger`)
}

/** The same, undefined where it cannot be read. */
export function tryLease(row: LeaseRow): Lease | undefined {
  const { body, ...head } = row
  const fields = leaseFields.safeParse(parseJson(body))
  return fields.success ? { ...head, ...fields.data } : undefined
}

/** The same, told where it cannot be read: it stays as it is, and must not stop the others. */
export function readableLease(log: Log, row: LeaseRow): Lease | undefined {
  const lease = tryLease(row)
  if (lease === undefined)
    log.error({ lease: row.leaseId }, 'a lease cannot be read and stays as it is; the others go on')
  return lease
}

export function leaseRow(lease: Lease): LeaseRow {
  const { spec, host, port, reported, unreportedOwed, owedMs, outages, ...head } = lease
  return { ...head, body: JSON.stringify({ spec, host, port, reported, unreportedOwed, owedMs, outages }) }
}
