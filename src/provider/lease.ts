// What does the provider remember of a paid machine, and how does its buyer see it?
import * as z from 'zod'
import { PaygressError } from '../core/errors.ts'
import type { LeaseRow } from './ports.ts'
import { specFields } from './stored-fields.ts'

const leaseFields = z.object({
  spec: specFields,
  host: z.string(),
  port: z.number(),
  /** A relay took the first reply: from then on the buyer can know of the machine. */
  reported: z.boolean(),
})

export type Lease = Omit<LeaseRow, 'body'> & z.infer<typeof leaseFields>

export function parseLease(row: LeaseRow): Lease {
  const { body, ...head } = row
  const fields = leaseFields.safeParse(JSON.parse(body))
  if (!fields.success)
    throw new PaygressError('internal', `lease ${row.leaseId} cannot be read from the ledger`)
  return { ...head, ...fields.data }
}

export function leaseRow(lease: Lease): LeaseRow {
  const { spec, host, port, reported, ...head } = lease
  return { ...head, body: JSON.stringify({ spec, host, port, reported }) }
}
