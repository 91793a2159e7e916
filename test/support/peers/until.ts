// How does a test wait for something outside the process? By asking for it again and again, never by sleeping.
import { setTimeout as pause } from 'node:timers/promises'

/** Asks every 50 ms until `condition` is true; after `timeoutMs` throws `<what> did not happen within …`. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 30_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${what} did not happen within ${timeoutMs} ms`)
    await pause(50)
  }
}
