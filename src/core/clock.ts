// Where do time and randomness come from? From these two interfaces, so that core, protocol and use cases read neither themselves.

/** The time of this process. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
}

/** A cryptographically secure source of bytes. */
export interface Random {
  bytes(count: number): Uint8Array
}

/** Whole Unix seconds of a clock, rounded down (the unit of Nostr, locktimes and deadlines). */
export function unixSeconds(clock: Clock): number {
  return Math.floor(clock.now() / 1000)
}
