// Who may start the next unpaid machine? At most so many at once, in order of arrival, a few per sender.
import { PaygressError } from '../core/errors.ts'

export interface UnpaidLimits {
  total: number
  perSender: number
  /** Requests that may wait; more are refused at once. */
  waiting: number
}

/** Gives the place back; more calls do nothing. */
export type Leave = () => void

interface Waiting {
  sender: string
  enter(leave: Leave): void
}

/** Places for machines that run before they are paid. */
export class UnpaidPlaces {
  readonly #limits: UnpaidLimits
  readonly #queue: Waiting[] = []
  readonly #bySender = new Map<string, number>()
  #taken = 0

  constructor(limits: UnpaidLimits) {
    this.#limits = limits
  }

  /** Waits for its turn; rejects with `busy` where too many wait, and with the signal's reason. */
  async enter(sender: string, signal: AbortSignal): Promise<Leave> {
    signal.throwIfAborted()
    if (this.#hasPlace(sender)) return this.enterNow(sender)
    if (this.#queue.length >= this.#limits.waiting) {
      throw new PaygressError('busy', 'too many requests are waiting')
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        sender,
        enter: (leave) => {
          signal.removeEventListener('abort', giveUp)
          resolve(leave)
        },
      }
      const giveUp = (): void => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1)
        reject(
          signal.reason instanceof Error ? signal.reason : new PaygressError('timeout', 'gave up waiting'),
        )
      }
      signal.addEventListener('abort', giveUp, { once: true })
      this.#queue.push(waiting)
    })
  }

  /** Takes a place whatever the limits say: for machines that ran before a restart. */
  enterNow(sender: string): Leave {
    this.#count(sender, 1)
    let left = false
    return () => {
      if (left) return
      left = true
      this.#count(sender, -1)
      this.#admit()
    }
  }

  get taken(): number {
    return this.#taken
  }

  #count(sender: string, change: 1 | -1): void {
    this.#taken += change
    const count = (this.#bySender.get(sender) ?? 0) + change
    if (count === 0) this.#bySender.delete(sender)
    else this.#bySender.set(sender, count)
  }

  #hasPlace(sender: string): boolean {
    return this.#taken < this.#limits.total && (this.#bySender.get(sender) ?? 0) < this.#limits.perSender
  }

  // A sender with too many machines does not hold up those behind it.
  #admit(): void {
    for (;;) {
      const at = this.#queue.findIndex((waiting) => this.#hasPlace(waiting.sender))
      if (at === -1) return
      const [next] = this.#queue.splice(at, 1)
      next?.enter(this.enterNow(next.sender))
    }
  }
}
