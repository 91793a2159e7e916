// How does a test end the wait for an answer that never comes? By saying that the time is over, however slow the machine is.
import { vi } from 'vitest'

export interface HeldTimeOuts {
  /** Ends all waits of that length that have begun. */
  pass(): void
}

/** Takes over the time-outs of exactly `ms` until the test file is over; all others go by the clock on the wall. */
export function holdTimeOuts(ms: number): HeldTimeOuts {
  const begun: AbortController[] = []
  const real = AbortSignal.timeout.bind(AbortSignal)
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((length) => {
    if (length !== ms) return real(length)
    const held = new AbortController()
    begun.push(held)
    return held.signal
  })
  return {
    pass: () => {
      for (const held of begun.splice(0)) held.abort(new DOMException('the time is over', 'TimeoutError'))
    },
  }
}
