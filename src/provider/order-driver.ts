// Who takes every open order from step to step until it is settled?
import { PaygressError, toPaygressError } from '../core/errors.ts'
import { isSettled } from './order.ts'
import { tryOrder, type Order } from './orders.ts'
import type { Step } from './order-steps.ts'
import { pause } from '../core/pause.ts'
import { retryDelayMs } from './retry-delay.ts'
import type { ProviderContext } from './provider-context.ts'
import { stepRefusal } from './refuse.ts'
import { stepSpawn } from './spawn-steps.ts'
import { stepStop } from './stop-steps.ts'
import { stepTopup } from './topup-steps.ts'
import { leavePlace } from './unpaid-place.ts'

type Read = Order | 'unreadable' | undefined

/** Drives orders, each by one loop at a time; what cannot be done yet is tried again with a rising pause. */
export class OrderDriver {
  readonly #context: ProviderContext
  readonly #running = new Map<string, Promise<void>>()
  readonly #waiting = new Map<string, ((reply: string | undefined) => void)[]>()

  constructor(context: ProviderContext) {
    this.#context = context
  }

  /** Goes on with an order; nothing happens for one that is being driven or is settled. */
  start(key: string): void {
    if (this.#running.has(key)) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#running.set(key, promise)
    void this.#drive(key).finally(resolve)
  }

  /** The newest reply of an order, as soon as there is one; undefined where the daemon stops first. */
  async reply(key: string): Promise<string | undefined> {
    const stored = this.#context.ledger.order(key)?.reply
    if (stored !== undefined || !this.#running.has(key)) return stored
    return new Promise((resolve) => {
      this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), resolve])
    })
  }

  /** Resolves when nothing is being driven. */
  async idle(): Promise<void> {
    await Promise.all(this.#running.values())
  }

  async #drive(key: string): Promise<void> {
    const { signal } = this.#context
    let failures = 0
    let order = this.#read(key)
    // Nothing may wait between reading a settled order and leaving, or a start in between would be lost.
    while (!signal.aborted && order !== undefined && !isOver(order)) {
      const step = order === 'unreadable' ? 'again' : await this.#step(order)
      order = this.#read(key)
      this.#tell(key, order)
      failures = step === 'moved' ? 0 : failures + 1
      if (failures === 0) continue
      await pause(retryDelayMs(failures), signal)
      order = this.#read(key)
    }
    this.#running.delete(key)
    if (!signal.aborted) leavePlace(this.#context, { key })
    this.#tell(key, order, true)
  }

  /** One order that cannot be read now must not stop the others. */
  #read(key: string): Read {
    // At the end the database may be closed before the last step is through.
    if (this.#context.signal.aborted && !this.#waiting.has(key)) return undefined
    const order = tryOrder(this.#context.ledger, key)
    if (!(order instanceof PaygressError)) return order
    this.#context.log.error(
      { order: key, error: order.message },
      'an order cannot be read and waits; the others go on',
    )
    return 'unreadable'
  }

  async #step(order: Order): Promise<Step> {
    try {
      switch (order.kind) {
        case 'spawn':
          return await stepSpawn(this.#context, order)
        case 'topup':
          return await stepTopup(this.#context, order)
        case 'stop':
          return await stepStop(this.#context, order)
        case 'refusal':
          return await stepRefusal(this.#context, order)
      }
    } catch (error) {
      const { code, message } = toPaygressError(error)
      if (!this.#context.signal.aborted)
        this.#context.log.warn(
          { order: order.orderId, type: order.type, state: order.stage.state, code, error: message },
          'a step failed and will be tried again',
        )
      return 'again'
    }
  }

  #tell(key: string, order: Read, isLast = false): void {
    this.#context.wakeOutbox()
    const waiting = this.#waiting.get(key)
    if (waiting === undefined) return
    const reply = order === 'unreadable' ? undefined : order?.reply
    if (reply === undefined && order !== 'unreadable' && !isLast) return
    this.#waiting.delete(key)
    for (const resolve of waiting) resolve(reply)
  }
}

function isOver(order: Order | 'unreadable'): boolean {
  return order !== 'unreadable' && isSettled(order.stage.state)
}
