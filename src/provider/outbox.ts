// How does every stored reply reach its reader, also after a crash and while relays are down?
import type { Clock } from '../core/clock.ts'
import { toPaygressError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import type { RunTransaction } from '../wallet/transaction.ts'
import { pause } from '../core/pause.ts'
import { retryDelayMs } from './retry-delay.ts'
import type { Delivery, Door, Ledger, OutboxRow, ReplyKind } from './ports.ts'

export interface OutboxOptions {
  ledger: Ledger
  transaction: RunTransaction
  clock: Clock
  log: Log
  doors: ReadonlyMap<string, Door>
  /** Runs when a place took an order's reply, each time, and before that leaves the outbox. */
  onTaken(reply: OrderReply): Promise<void>
}

/** A reply that is stored with its order. */
export type OrderReply = Pick<OutboxRow, 'orderKey' | 'content'>

const AT_ONCE = 16
/** So many of them may be what can wait: a place that never answers holds each for seconds. */
const PATIENT_AT_ONCE = 8
const LONGEST_SLEEP_MS = 60_000
const EPHEMERAL_TRIES = 3
/** A reply that was sent, but could not be booked as such, waits this long. */
const UNWRITTEN_MS = 5_000

/** Sends what the ledger's outbox holds until one relay took it or its time is over. */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #sending = new Map<string, ReplyKind>()
  readonly #ephemeral = new Set<Promise<void>>()
  #wake = Promise.withResolvers<void>()

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** Something new is there. */
  wake(): void {
    this.#wake.resolve()
  }

  /** Works until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    const { ledger, clock } = this.#options
    signal.addEventListener('abort', () => this.wake(), { once: true })
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers<void>()
      const now = clock.now()
      this.#sendDue(now, 'first', AT_ONCE, signal)
      this.#sendDue(now, 'patient', PATIENT_AT_ONCE, signal)
      const next = ledger.outboxNext()
      // What is being sent wakes us when it is through.
      const sleep = next === undefined || this.#sending.size > 0 ? LONGEST_SLEEP_MS : next - now
      const timer = setTimeout(() => this.wake(), Math.max(1, Math.min(sleep, LONGEST_SLEEP_MS)))
      await this.#wake.promise
      clearTimeout(timer)
    }
  }

  /** Sends what needs no memory: the answer to a question that can be asked again, or an order's reply (`orderKey`) once more. */
  answer(
    reply: { door: string; address: string; content: string; orderKey?: string },
    signal: AbortSignal,
  ): void {
    const sending = this.#tryFew(reply, signal).finally(() => this.#ephemeral.delete(sending))
    this.#ephemeral.add(sending)
  }

  /** Resolves when nothing is on its way. */
  async idle(): Promise<void> {
    await Promise.all(this.#ephemeral)
  }

  async #tryFew(
    { orderKey, ...reply }: { door: string; address: string; content: string; orderKey?: string },
    signal: AbortSignal,
  ): Promise<void> {
    for (let attempt = 1; attempt <= EPHEMERAL_TRIES && !signal.aborted; attempt++) {
      const delivery = await this.#deliver(reply)
      if (delivery !== 'undelivered' && orderKey !== undefined)
        await this.#noteTaken({ orderKey, content: reply.content })
      if (delivery === 'delivered') return
      await pause(retryDelayMs(attempt), signal)
    }
  }

  #sendDue(now: number, kind: ReplyKind, most: number, signal: AbortSignal): void {
    const ofKind = [...this.#sending.values()].filter((each) => each === kind).length
    const room = Math.min(most - ofKind, AT_ONCE - this.#sending.size)
    if (room <= 0) return
    // Those that are on their way are still in it.
    const due = this.#options.ledger
      .outboxDue(now, room + this.#sending.size, kind)
      .filter((row) => !this.#sending.has(row.orderKey))
    for (const row of due.slice(0, room)) void this.#send(row, kind, signal)
  }

  async #send(row: OutboxRow, kind: ReplyKind, signal: AbortSignal): Promise<void> {
    const { ledger, transaction, clock, log } = this.#options
    this.#sending.set(row.orderKey, kind)
    try {
      const delivery = await this.#deliver(row)
      const isNoted = delivery === 'undelivered' || (await this.#noteTaken(row))
      const delivered = delivery === 'delivered' && isNoted
      const now = clock.now()
      transaction((tx) => {
        const current = ledger.outboxRow(row.orderKey)
        // News that came meanwhile has its own way to go.
        if (current === undefined || current.content !== row.content || current.address !== row.address)
          return
        if (delivered || now > row.until) return ledger.dropOutbox(tx, row.orderKey)
        const attempts = row.attempts + 1
        ledger.putOutbox(tx, { ...row, attempts, nextAt: now + retryDelayMs(attempts) })
      })
      if (!delivered && now > row.until)
        log.warn({ attempts: row.attempts + 1 }, 'a reply could not be delivered in its time')
    } catch (error) {
      log.error({ error: toPaygressError(error).message }, 'the outbox could not be written')
      // The row still says that it is due.
      await pause(UNWRITTEN_MS, signal)
    } finally {
      this.#sending.delete(row.orderKey)
      this.wake()
    }
  }

  /** False where what it means could not be written down now. */
  async #noteTaken(reply: OrderReply): Promise<boolean> {
    try {
      await this.#options.onTaken(reply)
      return true
    } catch (error) {
      this.#options.log.warn(
        { error: toPaygressError(error).message },
        'a reply that arrived could not be booked yet',
      )
      return false
    }
  }

  async #deliver(reply: { door: string; address: string; content: string }): Promise<Delivery> {
    const door = this.#options.doors.get(reply.door)
    if (door === undefined) return 'undelivered'
    try {
      return await door.deliver(reply.address, reply.content)
    } catch (error) {
      this.#options.log.warn(
        { door: reply.door, error: toPaygressError(error).message },
        'a reply could not be sent',
      )
      return 'undelivered'
    }
  }
}
