// What does a command go by: its flags, the environment, or a preference?
import { PaygressError } from '../core/errors.ts'
import { quoteArgument } from '../core/quote-argument.ts'
import { Options, type OptionValue } from './invocation.ts'
import type { OptionDefinition } from './options.ts'

interface Typed {
  /** Only what stood on the command line. */
  given: Record<string, OptionValue>
  /** The registry entries this command understands, by option name. */
  understood: Record<string, OptionDefinition>
}

/** Flag over environment over preference; negated flags are true unless given. Throws `usage` for a variable that is neither on nor off. */
export function resolveOptions(
  call: Typed,
  env: Readonly<Record<string, string | undefined>>,
  preference: (key: string) => OptionValue,
): Options {
  const values: Record<string, OptionValue> = {}
  for (const [name, option] of Object.entries(call.understood)) {
    const negated = option.flags.includes('--no-')
    refuseEmpty(option, call.given[name])
    const value =
      call.given[name] ?? fromEnvironment(option, env) ?? (option.preference && preference(option.preference))
    values[name] = value ?? (negated ? true : undefined)
  }
  return new Options(values)
}

/** An empty text after a flag is a script's variable that was never set: to do without a limit because of that would be no service. */
function refuseEmpty({ flags }: OptionDefinition, given: OptionValue): void {
  if (typeof given !== 'string' || given.trim() !== '') return
  throw new PaygressError('usage', `${flags} was given an empty value`, {
    hint: 'give it a value, or leave it out',
  })
}

/** The environment variables that say a value which this call goes by, with that value. */
export function variablesOf(
  call: Typed,
  env: Readonly<Record<string, string | undefined>>,
): [string, OptionValue][] {
  return Object.entries(call.understood).flatMap(([name, option]): [string, OptionValue][] => {
    if (option.env === undefined || call.given[name] !== undefined || !option.flags.includes('<')) return []
    const value = fromEnvironment(option, env)
    // Commas alone name nothing.
    const isSaid = typeof value === 'object' ? value.length > 0 : value !== undefined
    return isSaid ? [[option.env, value]] : []
  })
}

function fromEnvironment(
  option: OptionDefinition,
  env: Readonly<Record<string, string | undefined>>,
): OptionValue {
  const text = option.env === undefined ? undefined : env[option.env]?.trim()
  if (text === undefined || text === '') return undefined
  if (option.many === true)
    return text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
  if (option.flags.includes('<')) return text
  const isOn = isOnIn(option.env ?? '', text)
  return option.flags.includes('--no-') ? !isOn : isOn
}

// A word that is neither must not be read as a yes: it could stand for one that buys.
function isOnIn(variable: string, text: string): boolean {
  const word = text.toLowerCase()
  if (['1', 'true', 'yes', 'y', 'on'].includes(word)) return true
  if (['0', 'false', 'no', 'n', 'off'].includes(word)) return false
  throw new PaygressError('usage', `${variable} is ${quoteArgument(text)}, neither on nor off`, {
    hint: `set ${variable} to 1 or 0, or unset it`,
  })
}
