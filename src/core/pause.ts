// How is waited without keeping anything alive that has to end?

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

/** Resolves when everything else that is due has had its turn: for what computes long. */
export async function takeTurns(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve))
}
