// How does the daemon wait without keeping anything alive that has to end?

/** Resolves after `ms`, or at once when the signal fires: look at the signal afterwards. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end, { once: true })
  })
}

/** Milliseconds before try number `attempt` (from 1): doubling, at most a minute. */
export function retryDelayMs(attempt: number, firstMs = 500, mostMs = 60_000): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(Math.max(attempt, 1) - 1, 20))
}
