// How does a command stay up? Until SIGINT or SIGTERM, which is its normal end.

/** Resolves when the signal fires. */
export function untilStopped(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  // A pending promise alone does not keep a process alive.
  const alive = setInterval(() => undefined, 60_000)
  const end = () => {
    clearInterval(alive)
    resolve()
  }
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true })
  return promise
}
