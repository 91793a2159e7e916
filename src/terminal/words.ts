// How are amounts, times and keys spelled for people?
import { formatDuration } from '../core/duration.ts'

/** `1440` → `1,440 sat`. */
export function satText(sat: bigint | number): string {
  return `${sat.toLocaleString('en-US')} sat`
}

/** `2026-11-20 15:30:00 UTC`. */
export function timeText(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** `2026-11-20 16:30:00 +01:00`: the time on the clock on the wall here. */
export function localTimeText(time: Date): string {
  const aheadMin = -time.getTimezoneOffset()
  const local = new Date(time.getTime() + aheadMin * 60_000).toISOString().slice(0, 19).replace('T', ' ')
  const [hours, minutes] = [Math.floor(Math.abs(aheadMin) / 60), Math.abs(aheadMin) % 60]
  const two = (count: number) => String(count).padStart(2, '0')
  return `${local} ${aheadMin < 0 ? '-' : '+'}${two(hours)}:${two(minutes)}`
}

/** `1h59m`: the two largest units, for the eye. */
export function roughDuration(seconds: number): string {
  const text = formatDuration(seconds)
  return /^(?:\d+[dhms]){1,2}/.exec(text)?.[0] ?? text
}

/** `npub1abcdefgh…` short enough for a table, long enough to be typed as a prefix. */
export function shortNpub(npub: string): string {
  return npub.slice(0, 13)
}
