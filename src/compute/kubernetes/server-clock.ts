// What time is it at the API server, as its answers tell it?
import type { Clock } from '../../core/clock.ts'

/** Both in milliseconds. */
export interface TimeSpan {
  from: number
  to: number
}

/** One clock is assumed, also of several servers. */
export interface ServerClock {
  /** Notes that a request goes out now; the answer takes the Date header of what came back. */
  asked(): (date: string | undefined) => void
  /** Seconds by which our clock is ahead of the server's, as the last quick answer told; undefined before any. */
  offsetSec(): number | undefined
  /** Between which times the server's clock is now, whatever ours says and however slow its last answer was; early after a sleep. Undefined before an answer. */
  now(): TimeSpan | undefined
}

/** Clocks closer than this count as equal: the server's Date has whole seconds and the answer takes its time. */
const SAME_CLOCK_SEC = 2
const SECOND_MS = 1000
/** What took longer tells of the server's clock when it was, not of ours now. */
const QUICK_MS = 2_000

/** `elapsed` is a clock in milliseconds that is never set. */
export function serverClock(ours: Clock, elapsed: () => number = () => performance.now()): ServerClock {
  let offset: number | undefined
  let last: { date: number; sentAt: number; heardAt: number } | undefined
  return {
    asked: () => {
      const [sentAt, ourTime] = [elapsed(), ours.now()]
      return (header) => {
        const date = Date.parse(header ?? '')
        if (Number.isNaN(date)) return
        const [heardAt, now] = [elapsed(), ours.now()]
        // Where we slept only our own clock has counted it.
        const tookMs = Math.max(heardAt - sentAt, now - ourTime)
        if (offset === undefined || tookMs <= QUICK_MS) offset = wholeOffset(now, date)
        last = { date, sentAt, heardAt }
      }
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
