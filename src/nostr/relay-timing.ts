// Which times and sizes does the relay layer keep? One table, so that tests can shrink it.
import type { BackOffRange } from './back-off.ts'

export interface RelayTiming {
  handshakeMs: number
  /** A ping goes out this often; the answer must come within `pongMs`. */
  pingMs: number
  pongMs: number
  reconnect: BackOffRange
  /** A connection open for this long makes the next failure the first one again. */
  stableMs: number
  /** How long an AUTH answer or a promised challenge may take. */
  authMs: number
  /** Wait after CLOSED `rate-limited`: from half of it up to all of it. */
  rateLimitedMs: number
  /** Waits after CLOSED `error`. */
  refused: BackOffRange
  /** Wait after any other CLOSED: a connection lasts for months, and a relay may change its mind. */
  forbiddenMs: number
  /** A connection that nobody uses is closed after this. */
  idleMs: number
  /** How long a closing handshake may hold up the end of the process. */
  goodbyeMs: number
  /** Largest WebSocket message, in bytes. */
  maxMessageBytes: number
  /** Unsent bytes at which a relay counts as dead. */
  maxUnsentBytes: number
}

export const RELAY_TIMING: RelayTiming = {
  handshakeMs: 10_000,
  pingMs: 28_000,
  pongMs: 20_000,
  reconnect: { firstMs: 1_000, maxMs: 300_000 },
  stableMs: 60_000,
  authMs: 5_000,
  rateLimitedMs: 120_000,
  refused: { firstMs: 2_000, maxMs: 300_000 },
  forbiddenMs: 600_000,
  idleMs: 30_000,
  goodbyeMs: 100,
  maxMessageBytes: 262_144,
  maxUnsentBytes: 8 * 1_048_576,
}
