// How does every stored reply reach its reader, also after a crash and while relays are down?
import type { Clock } from '../core/clock.ts'
import { toPaygressError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import type { RunTransaction } from '../wallet/transaction.ts'
import { pause, retryDelayMs } from './pause.ts'
import type { Door, Ledger, OutboxRow } from './ports.ts'

export interface OutboxOptions {
  ledger: Ledger
  transaction: RunTransaction
  clock: Clock
  log: Log
  doors: ReadonlyMap<string, Door>
  /** Runs before a reply that one relay took leaves the outbox. */
  onDelivered(row: OutboxRow): Promise<void>
}

const AT_ONCE = 16
const LONGEST_SLEEP_MS = 60_000
const EPHEMERAL_TRIES = 3

/** Sends what the ledger's outbox holds until one relay took it or its time is over. */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #sending = new Set<string>()
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
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers<void>()
      const now = clock.now()
      const due = ledger.outboxDue(now, AT_ONCE * 4).filter((row) => !this.#sending.has(row.orderKey))
      for (const row of due.slice(0, AT_ONCE - this.#sending.size)) void this.#send(row)
      const next = ledger.outboxNext()
      // What is being sent wakes us when it is through.
      const sleep = next === undefined || this.#sending.size > 0 ? LONGEST_SLEEP_MS : next - now
      const rest = new AbortController()
      await Promise.race([
        this.#wake.promise,
        pause(Math.max(1, Math.min(sleep, LONGEST_SLEEP_MS)), AbortSignal.any([signal, rest.signal])),
      ])
      rest.abort()
    }
  }

  /** Sends what needs no memory: the answer to a question that can be asked again. */
  answer(door: string, address: string, content: string, signal: AbortSignal): void {
    const sending = this.#tryFew(door, address, content, signal).finally(() =>
      this.#ephemeral.delete(sending),
    )
    this.#ephemeral.add(sending)
  }

  /** Resolves when nothing is on its way. */
  async idle(): Promise<void> {
    await Promise.all(this.#ephemeral)
  }

  async #tryFew(door: string, address: string, content: string, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; attempt <= EPHEMERAL_TRIES && !signal.aborted; attempt++) {
      if (await this.#deliver({ door, address, content })) return
      await pause(retryDelayMs(attempt), signal)
    }
  }

  async #send(row: OutboxRow): Promise<void> {
    const { ledger, transaction, clock, log } = this.#options
    this.#sending.add(row.orderKey)
    try {
      const delivered = await this.#deliver(row)
      if (delivered) await this.#options.onDelivered(row)
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
    } finally {
      this.#sending.delete(row.orderKey)
      this.wake()
    }
  }

  async #deliver(reply: { door: string; address: string; content: string }): Promise<boolean> {
    const door = this.#options.doors.get(reply.door)
    if (door === undefined) return false
    try {
      return await door.deliver(reply.address, reply.content)
    } catch (error) {
      this.#options.log.warn(
        { door: reply.door, error: toPaygressError(error).message },
        'a reply could not be sent',
      )
      return false
    }
  }
}
