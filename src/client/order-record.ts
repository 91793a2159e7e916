// How does an order go to disk and come back? As one JSON body that is checked on its way in and out.
import * as z from 'zod'
import { PaygressError } from '../core/errors.ts'
import { type Order, type OrderData, orderSchema } from './order.ts'
import type { StoredOrder } from './ports.ts'

/** The columns and the JSON body of an order's data. */
export function encodeOrder(data: OrderData): Pick<StoredOrder, 'kind' | 'state' | 'body'> {
  return { kind: data.kind, state: data.state, body: JSON.stringify(z.encode(orderSchema, data)) }
}

/** The order behind a stored row; throws `storage_failed` where the row was changed by somebody else. */
export function decodeOrder(stored: StoredOrder): Order {
  const data = orderSchema.safeParse(jsonOf(stored))
  if (!data.success || data.data.state !== stored.state) throw unreadable(stored, data.error)
  const { orderId, revision, createdAt, updatedAt } = stored
  return { ...data.data, orderId, revision, createdAt, updatedAt }
}

function jsonOf(stored: StoredOrder): unknown {
  try {
    return JSON.parse(stored.body)
  } catch (error) {
    throw unreadable(stored, error)
  }
}

function unreadable(stored: StoredOrder, cause: unknown): PaygressError {
  return new PaygressError('storage_failed', `order ${stored.orderId} on disk cannot be read`, {
    hint: 'nothing was changed; paygress orders recover brings back what its payment locked',
    cause,
  })
}
