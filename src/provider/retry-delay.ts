// How long does the daemon wait before it tries again?

/** Milliseconds before try number `attempt` (from 1): doubling, at most a minute. */
export function retryDelayMs(attempt: number, firstMs = 500, mostMs = 60_000): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(Math.max(attempt, 1) - 1, 20))
}
