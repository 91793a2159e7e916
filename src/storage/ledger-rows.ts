// How do rows of the provider's tables become its orders, leases and credits?
import * as z from 'zod'
import { isLeaseId, isOrderId, isSpecId, type LeaseId, type SpecId } from '../core/ids.ts'
import { LEASE_STATES } from '../core/lease.ts'
import { normaliseMintUrl } from '../core/mint-url.ts'
import { isPodNpub, isPublicKeyHex } from '../core/npub.ts'
import { ORDER_TYPES, type Credit, type LeaseRow, type OrderRow, type OutboxRow } from '../provider/ports.ts'
import { sqlBoolean, sqlNumber } from './sql-types.ts'

const publicKey = z.string().refine(isPublicKeyHex)
const leaseId = z.string().refine(isLeaseId)
const specId = z.string().refine(isSpecId)
const mint = z.string().transform((value, context) => {
  const url = normaliseMintUrl(value)
  if (url !== undefined) return url
  context.issues.push({ code: 'custom', message: 'must be a mint URL', input: value })
  return z.NEVER
})

const orderSchema = z.object({
  key: z.string(),
  sender: publicKey,
  type: z.enum(ORDER_TYPES),
  order_id: z.string().refine(isOrderId),
  fingerprint: z.string(),
  state: z.string(),
  open: sqlBoolean,
  lease_id: leaseId.nullable(),
  spec_id: specId.nullable(),
  body: z.string(),
  reply: z.string().nullable(),
  created_at: sqlNumber,
})

export function readOrder(row: unknown): OrderRow {
  const { order_id, lease_id, spec_id, reply, created_at, ...order } = orderSchema.parse(row)
  return {
    ...order,
    orderId: order_id,
    leaseId: lease_id ?? undefined,
    specId: spec_id ?? undefined,
    reply: reply ?? undefined,
    createdAt: created_at,
  }
}

const leaseSchema = z.object({
  lease_id: leaseId,
  order_key: z.string(),
  owner: publicKey,
  pod_npub: z.string().refine(isPodNpub),
  pod_name: z.string(),
  spec_id: specId,
  state: z.enum(LEASE_STATES),
  paid_from: sqlNumber,
  paid_until: sqlNumber,
  rest_msat: z.bigint(),
  body: z.string(),
})

export function readLease(row: unknown): LeaseRow {
  const lease = leaseSchema.parse(row)
  return {
    leaseId: lease.lease_id,
    orderKey: lease.order_key,
    owner: lease.owner,
    podNpub: lease.pod_npub,
    podName: lease.pod_name,
    specId: lease.spec_id,
    state: lease.state,
    paidFrom: lease.paid_from,
    paidUntil: lease.paid_until,
    restMsat: lease.rest_msat,
    body: lease.body,
  }
}

const creditSchema = z.object({
  lease_id: leaseId,
  order_key: z.string(),
  mint,
  amount_msat: z.bigint(),
  at: sqlNumber,
})

export function readCredit(row: unknown): Credit {
  const credit = creditSchema.parse(row)
  return {
    leaseId: credit.lease_id,
    orderKey: credit.order_key,
    mint: credit.mint,
    amountMsat: credit.amount_msat,
    at: credit.at,
  }
}

const outboxSchema = z.object({
  order_key: z.string(),
  door: z.string(),
  address: z.string(),
  content: z.string(),
  until: sqlNumber,
  attempts: sqlNumber,
  next_at: sqlNumber,
})

export function readOutbox(row: unknown): OutboxRow {
  const { order_key, next_at, ...outbox } = outboxSchema.parse(row)
  return { ...outbox, orderKey: order_key, nextAt: next_at }
}

const specRow = z.object({ spec_id: specId })

export function readSpecId(row: unknown): SpecId {
  return specRow.parse(row).spec_id
}

const specCountRow = z.object({ spec_id: specId, count: sqlNumber })

export function readSpecCount(row: unknown): [SpecId, number] {
  const { spec_id, count } = specCountRow.parse(row)
  return [spec_id, count]
}

const leaseIdRow = z.object({ lease_id: leaseId })

export function readLeaseId(row: unknown): LeaseId {
  return leaseIdRow.parse(row).lease_id
}
