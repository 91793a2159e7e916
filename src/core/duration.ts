// How long? Durations are whole seconds inside and `90s 45m 2h 3d 1h30m` on the screen.
import { PaygressError } from './errors.ts'
import { quoteArgument } from './quote-argument.ts'

const UNIT_SECONDS = { d: 86_400, h: 3_600, m: 60, s: 1 } as const
type Unit = keyof typeof UNIT_SECONDS
const UNITS = ['d', 'h', 'm', 's'] as const satisfies readonly Unit[]
/** Nobody rents for longer: what lies beyond is a slip of the keyboard. */
export const LONGEST_SEC = 10 * 365 * UNIT_SECONDS.d
export const TOO_LONG = 'it is longer than ten years'

/** Seconds of `90s`, `45m`, `2h`, `3d` or a sum in falling order such as `1h30m`; throws `invalid_duration`. */
export function parseDuration(text: string): number {
  const match = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/i.exec(text.trim())
  const counts = match?.slice(1) ?? []
  if (counts.every((count) => count === undefined))
    throw invalidDuration(text, 'it needs numbers with d, h, m or s')
  const seconds = UNITS.reduce((sum, unit, at) => sum + Number(counts[at] ?? 0) * UNIT_SECONDS[unit], 0)
  if (seconds === 0) throw invalidDuration(text, 'it must be longer than zero')
  if (seconds > LONGEST_SEC) throw invalidDuration(text, TOO_LONG)
  return seconds
}

/** `5400` → `1h30m`: the shortest exact spelling, `0s` for nothing. */
export function formatDuration(totalSeconds: number): string {
  let rest = Math.max(0, Math.floor(totalSeconds))
  let text = ''
  for (const unit of UNITS) {
    const count = Math.floor(rest / UNIT_SECONDS[unit])
    rest -= count * UNIT_SECONDS[unit]
    if (count > 0) text += `${count}${unit}`
  }
  return text === '' ? '0s' : text
}

function invalidDuration(text: string, why: string): PaygressError {
  return new PaygressError('invalid_duration', `${quoteArgument(text)} is not a duration: ${why}`, {
    hint: 'write it like 90s, 45m, 2h, 3d or 1h30m',
  })
}
