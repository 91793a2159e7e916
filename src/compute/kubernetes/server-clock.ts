// What time is it at the API server, as its answers tell it?
import type { Clock } from '../../core/clock.ts'

/** Both in milliseconds. */
export interface TimeSpan {
  from: number
  to: number
}

export interface ServerClock {
  /** Takes the Date header of an answer that has just come, and when its request was sent, by `performance.now()`. */
  hear(date: string | undefined, sentAt: number): void
  /** Seconds by which our clock is ahead of the server's, as the last answer was heard; undefined before one. */
  offsetSec(): number | undefined
  /** Between which times the server's clock is now, whatever ours says and however slow its last answer was; undefined before one. */
  now(): TimeSpan | undefined
}

/** Clocks closer than this count as equal: the server's Date has whole seconds and the answer takes its time. */
const SAME_CLOCK_SEC = 2
const SECOND_MS = 1000

/** `elapsed` is a clock in milliseconds that is never set. */
export function serverClock(ours: Clock, elapsed: () => number = () => performance.now()): ServerClock {
  let offset: number | undefined
  let last: { date: number; sentAt: number; heardAt: number } | undefined
  return {
    hear: (header, sentAt) => {
      const date = Date.parse(header ?? '')
      if (Number.isNaN(date)) return
      offset = wholeOffset(ours.now(), date)
      last = { date, sentAt, heardAt: elapsed() }
    },
    offsetSec: () => offset,
    now: () => {
      if (last === undefined) return undefined
      const at = elapsed()
      return { from: last.date + at - last.heardAt, to: last.date + SECOND_MS + at - last.sentAt }
    },
  }
}

/** In whole seconds, 0 where the clocks agree. */
function wholeOffset(now: number, server: number): number {
  const offset = Math.round((now - server - SECOND_MS / 2) / SECOND_MS)
  return Math.abs(offset) <= SAME_CLOCK_SEC ? 0 : offset
}
