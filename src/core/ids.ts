// What identifies orders, specs and leases?
import type { Brand } from './brand.ts'
import type { Random } from './clock.ts'
import { PaygressError } from './errors.ts'
import { quoteArgument } from './quote-argument.ts'
import { toHex } from './hex.ts'

/** One purchase, top-up or stop: chosen by the buyer, 1 to 64 characters of `A-Za-z0-9._-`. */
export type OrderId = Brand<'OrderId'>
/** A spec of one provider, for example `standard`. */
export type SpecId = Brand<'SpecId'>
/** One lease: 32 lower-case hex characters, made by the provider. */
export type LeaseId = Brand<'LeaseId'>

const ORDER_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const SPEC_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const LEASE_ID = /^[0-9a-f]{32}$/

export function isOrderId(text: string): text is OrderId {
  return ORDER_ID.test(text)
}

export function isSpecId(text: string): text is SpecId {
  return SPEC_ID.test(text)
}

export function isLeaseId(text: string): text is LeaseId {
  return LEASE_ID.test(text)
}

/** Parses an order id typed by a person; throws `usage`. */
export function parseOrderId(text: string): OrderId {
  if (isOrderId(text)) return text
  throw new PaygressError('usage', `${quoteArgument(text)} is not an order id`, {
    hint: 'use 1 to 64 letters, digits, dots, dashes or underscores; paygress orders list shows yours',
  })
}

/** A fresh order id: 128 random bits as 32 hex characters. */
export function newOrderId(random: Random): OrderId {
  return toHex(random.bytes(16)) as OrderId
}

/** A fresh lease id: 128 random bits as 32 hex characters. */
export function newLeaseId(random: Random): LeaseId {
  return toHex(random.bytes(16)) as LeaseId
}
