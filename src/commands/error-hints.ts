// What does a failed command add to its error? The next command, and where a value came from that nobody typed.
import { PaygressError } from '../core/errors.ts'
import type { OptionValue } from './invocation.ts'

const INTERRUPTED = 130

/** Every error says what to type next; where it does not know, the command does. */
export function withHint(error: PaygressError, command: string): PaygressError {
  if (error.hint !== undefined) return error
  return saying(error, error.message, lastHint(error.exitCode, command))
}

function lastHint(exitCode: number, command: string): string {
  if (exitCode === INTERRUPTED) return 'the same command can be given again'
  if (exitCode === 2) return `${command} --help`
  return exitCode === 3 ? 'try again' : 'the same command with --verbose shows where it came from'
}

/** Where a value of `paygress config` is what could not be used, the error says so and how to change it. */
export function withOrigin(error: PaygressError, preferred: ReadonlyMap<string, OptionValue>): PaygressError {
  if (![2, 3, 4, 5].includes(error.exitCode)) return error
  const [key] = [...preferred].find(([name, value]) => isAbout(error, name, value)) ?? []
  if (key === undefined) return error
  const change = `paygress config set ${key} <value>, or '' for the default`
  const { hint = change, message } = error
  const known = hint.includes(`paygress config set ${key}`)
    ? hint
    : `${hint}; or change the preference: ${change}`
  return saying(error, `${message} (${key} comes from your preferences)`, known)
}

/** Too short to be told from other words, unless it stands in quotes. */
const TOO_SHORT = 6

function isAbout({ code, message }: PaygressError, key: string, value: OptionValue): boolean {
  if (key === 'relays' && code === 'relays_unreachable') return true
  const texts = typeof value === 'object' ? value : [String(value)]
  return texts.some(
    (text) => message.includes(`"${text}"`) || (text.length >= TOO_SHORT && message.includes(text)),
  )
}

function saying(error: PaygressError, message: string, hint: string): PaygressError {
  const { code, retryable, details, cause } = error
  return new PaygressError(code, message, {
    hint,
    retryable,
    cause,
    ...(details === undefined ? {} : { details }),
  })
}
