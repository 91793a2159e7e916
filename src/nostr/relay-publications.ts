// Which events are on their way to one relay, and who hears what it says to them?
import type { RelayAuth } from './relay-auth.ts'
import { reasonPrefix, type ReasonPrefix, type RelayFrame } from './relay-frame.ts'
import type { NostrEvent } from './verify-event.ts'

export interface PublishHandlers {
  onSent(): void
  /** `duplicate` counts as accepted. */
  onAnswer(accepted: boolean, reason: string, prefix: ReasonPrefix): void
  onDown(reason: string): void
}

interface Publication {
  event: NostrEvent
  /** Several callers may publish the same event; each hears the answer. */
  waiting: Set<PublishHandlers>
  authTried: boolean
}

/** The unanswered publications of one connection, which does the talking. */
export class RelayPublications {
  readonly #byId = new Map<string, Publication>()
  readonly #auth: Pick<RelayAuth, 'possible' | 'state'>
  readonly #send: (event: NostrEvent) => boolean

  /** `send` is false where the socket takes nothing now. */
  constructor(auth: Pick<RelayAuth, 'possible' | 'state'>, send: (event: NostrEvent) => boolean) {
    this.#auth = auth
    this.#send = send
  }

  get isEmpty(): boolean {
    return this.#byId.size === 0
  }

  /** Keeps an event until it is answered, or nobody waits for that any more. */
  add(event: NostrEvent, handlers: PublishHandlers): { transmit: () => void; leave: () => void } {
    const publication = this.#byId.get(event.id) ?? { event, waiting: new Set(), authTried: false }
    publication.waiting.add(handlers)
    this.#byId.set(event.id, publication)
    return {
      transmit: () => this.#transmit(publication),
      leave: () => {
        publication.waiting.delete(handlers)
        if (publication.waiting.size === 0 && this.#byId.get(event.id) === publication)
          this.#byId.delete(event.id)
      },
    }
  }

  /** Sends all of them: the connection is new. */
  transmitAll(): void {
    for (const publication of this.#byId.values()) this.#transmit(publication)
  }

  /** Sends again what the relay wanted to know us for. */
  authSettled(): void {
    for (const publication of [...this.#byId.values()]) {
      if (publication.authTried) this.#transmit(publication)
    }
  }

  /** Takes the relay's word on one of them. */
  judged(frame: RelayFrame & { type: 'OK' }): void {
    const publication = this.#byId.get(frame.eventId)
    if (publication === undefined) return
    const prefix = reasonPrefix(frame.reason)
    if (!frame.accepted && prefix === 'auth-required' && this.#auth.possible && !publication.authTried) {
      publication.authTried = true
      if (this.#auth.state === 'accepted') this.#transmit(publication)
      return
    }
    this.#byId.delete(frame.eventId)
    const accepted = frame.accepted || prefix === 'duplicate'
    for (const handlers of publication.waiting) handlers.onAnswer(accepted, frame.reason, prefix)
  }

  /** Tells everybody that the connection is gone; they are sent again on the next one. */
  wentDown(reason: string): void {
    for (const publication of [...this.#byId.values()]) {
      publication.authTried = false
      for (const handlers of [...publication.waiting]) handlers.onDown(reason)
    }
  }

  clear(): void {
    this.#byId.clear()
  }

  #transmit(publication: Publication): void {
    if (!this.#send(publication.event)) return
    for (const handlers of publication.waiting) handlers.onSent()
  }
}
