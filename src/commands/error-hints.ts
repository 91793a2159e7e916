// What does a failed command add to its error? The next command, and where a value came from that nobody typed.
import { PaygressError } from '../core/errors.ts'
import { nameArgument, quoteArgument } from '../core/quote-argument.ts'
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

/** Where a value stands that nobody typed, and how it is changed. */
interface Origin {
  value: OptionValue
  says: string
  change: string
}

/** The origins of the values that a command goes by, by the name of their variable or preference. */
export type Origins = Map<string, Origin>

export function notePreference(origins: Origins, key: string, value: OptionValue): void {
  const change = `paygress config set ${key} <value>, or '' for the default`
  origins.set(key, { value, says: `${key} comes from your preferences`, change })
}

export function noteVariable(origins: Origins, name: string, value: OptionValue): void {
  origins.set(name, { value, says: `${name} comes from the environment`, change: `unset ${name}` })
}

/** Where such a value is what could not be used, the error says so and how to change it. */
export function withOrigin(error: PaygressError, origins: Origins): PaygressError {
  if (![2, 3, 4, 5].includes(error.exitCode)) return error
  const [, origin] = [...origins].find(([key, { value }]) => isAbout(error, key, value)) ?? []
  if (origin === undefined) return error
  const { hint } = error
  return saying(error, `${error.message} (${origin.says})`, `${hint}; or: ${origin.change}`)
}

/** Too short to be told from other words, unless it stands in quotes. */
const TOO_SHORT = 6

function isAbout({ code, message }: PaygressError, name: string, value: OptionValue): boolean {
  if (['relays', 'PAYGRESS_RELAYS'].includes(name) && code === 'relays_unreachable') return true
  if (value === undefined || typeof value === 'boolean') return false
  const texts = typeof value === 'string' ? [value] : value
  return texts.some(
    (text) =>
      message.includes(quoteArgument(text)) ||
      (text.length >= TOO_SHORT && standsIn(message, nameArgument(text))),
  )
}

/** True where the text stands there by itself: a home is a part of the path of all that is in it. */
function standsIn(message: string, text: string): boolean {
  const parts = message.split(text)
  return parts.some((before, at) => {
    const after = parts[at + 1]
    return after !== undefined && !/[\w/.-]$/.test(before) && !/^[\w/-]/.test(after)
  })
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
