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
  /** Orders that pay with the same token, one after another. */
  tokenTurns: OneAtATime
  newOrders: RateLimit
  /** Orders without an id: their token is looked at before anything else is known. */
  unnamed: RateLimit
  /** Questions, and what was asked before. */
  questions: RateLimit
  /** Sends what is not kept; with the order's key where it is that order's reply once more. */
  answer(incoming: Incoming, content: string, orderKey?: string): void
}

/** Sends an answer through the request's own door, and returns it. */
export function say(desk: RequestDesk, incoming: Incoming, content: string, orderKey?: string): string {
  desk.answer(incoming, content, orderKey)
  return content
}
