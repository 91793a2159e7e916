// How is an order read from the ledger and written back, together with its reply?
import * as z from 'zod'
import { PaygressError, toPaygressError } from '../core/errors.ts'
import { parseJson } from '../core/parse-json.ts'
import type { Transaction } from '../wallet/transaction.ts'
import { isSettled, orderFields } from './order.ts'
import type { OrderFields, RefusalFields, SpawnFields, StopFields, TopupFields } from './order.ts'
import type { Ledger, OrderRow } from './ports.ts'

/** What is known of every order: its row without what `body` holds. */
export type OrderHead = Omit<OrderRow, 'body' | 'state' | 'open' | 'leaseId' | 'specId'>
type Routed = { door: string; address: string }

export type SpawnOrder = OrderHead & Routed & SpawnFields
export type TopupOrder = OrderHead & Routed & TopupFields
export type StopOrder = OrderHead & Routed & StopFields
export type RefusalOrder = OrderHead & Routed & RefusalFields
export type Order = SpawnOrder | TopupOrder | StopOrder | RefusalOrder

/** The order with that key; throws `internal` where the row cannot be read. */
export function readOrder(ledger: Ledger, key: string): Order | undefined {
  const row = ledger.order(key)
  return row === undefined ? undefined : parseOrder(row)
}

/** The same, or the error as a value: one order that cannot be read must not stop the others. */
export function tryOrder(ledger: Ledger, key: string): Order | PaygressError | undefined {
  try {
    return readOrder(ledger, key)
  } catch (error) {
    return toPaygressError(error)
  }
}

function parseOrder(row: OrderRow): Order {
  const { body, state: _state, open: _open, leaseId: _leaseId, specId: _specId, ...head } = row
  const fields = orderFields.safeParse(parseJson(body))
  if (!fields.success) throw new PaygressError('internal', `order ${row.key} cannot be read from the ledger`)
  return { ...head, ...fields.data }
}

/** Writes the order as it now stands. */
export function writeOrder(ledger: Ledger, tx: Transaction, order: Order): void {
  const { key, sender, type, orderId, fingerprint, createdAt, reply, ...fields } = order
  const { state } = order.stage
  ledger.putOrder(tx, {
    key,
    sender,
    type,
    orderId,
    fingerprint,
    createdAt,
    reply,
    state,
    open: !isSettled(state),
    leaseId: order.kind === 'refusal' ? undefined : order.leaseId,
    specId: order.kind === 'spawn' ? order.spec.id : undefined,
    body: JSON.stringify(z.encode(orderFields, bodyOf(fields))),
  })
}

// Keeps the union: a spread over it would mix the stages of different kinds.
function bodyOf(fields: OrderFields): OrderFields {
  return fields
}

/** Writes the order with a new reply and puts that on its way until `until` (milliseconds). */
export function writeReply(
  ledger: Ledger,
  tx: Transaction,
  order: Order,
  content: string,
  until: number,
): void {
  writeOrder(ledger, tx, { ...order, reply: content })
  ledger.putOutbox(tx, {
    orderKey: order.key,
    door: order.door,
    address: order.address,
    content,
    until,
    attempts: 0,
    nextAt: 0,
  })
}
