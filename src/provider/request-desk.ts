// What does a request need to be served, and how is it answered at once?
import type { OneAtATime } from './one-at-a-time.ts'
import type { OrderDriver } from './order-driver.ts'
import type { Incoming } from './ports.ts'
import type { ProviderContext } from './provider-context.ts'
import type { RateLimit } from './rate-limit.ts'

export interface RequestDesk {
  context: ProviderContext
  driver: OrderDriver
  /** Requests of one order, one after another. */
  orderTurns: OneAtATime
  newOrders: RateLimit
  questions: RateLimit
  /** Sends what is not kept; with the order's key where it is that order's reply once more. */
  answer(incoming: Incoming, content: string, orderKey?: string): void
}

/** Sends an answer through the request's own door, and returns it. */
export function say(desk: RequestDesk, incoming: Incoming, content: string, orderKey?: string): string {
  desk.answer(incoming, content, orderKey)
  return content
}
