// What does the door of gift wraps work with?
import type { Clock, Random } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import type { RelayHub } from '../nostr/relay-hub.ts'
import type { Signer } from '../nostr/signer.ts'

/** Wraps that were dealt with, over restarts: relays send those of the last days again. */
export interface HandledWraps {
  has(wrapId: string): boolean
  add(wrapId: string): void
}

export interface GiftWrapDoorOptions {
  /** Its `eventsPerMinute` is the limit per relay. */
  hub: RelayHub
  /** For the relays that strangers name, so that they take no connection from ours. */
  visitors: RelayHub
  signer: Signer
  /** Where we read. */
  relays: readonly RelayUrl[]
  handled: HandledWraps
  clock: Clock
  random: Random
  log: Log
  /** Leading zero bits that a wrap must show (NIP-13). */
  minPow: number
  /** Never speak to a relay that is not on this machine, whatever a request asks. */
  loopbackOnly: boolean
}
