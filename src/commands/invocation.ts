// With what is a command started? Its arguments and resolved options, the terminal, and the signal that stops it.
import { parseDuration } from '../core/duration.ts'
import { PaygressError } from '../core/errors.ts'
import { nameArgument, quoteArgument } from '../core/quote-argument.ts'
import { parseSat } from '../core/money.ts'
import type { Terminal } from '../terminal/terminal.ts'
import type { COMMAND_OPTIONS, GLOBAL_OPTIONS } from './options.ts'

export type OptionName = keyof typeof COMMAND_OPTIONS | keyof typeof GLOBAL_OPTIONS
export type OptionValue = string | boolean | readonly string[] | undefined

export interface Invocation {
  /** Positional arguments; for commands that take `-- command`, that command. */
  readonly args: readonly string[]
  readonly options: Options
  readonly terminal: Terminal
  readonly env: Readonly<Record<string, string | undefined>>
  /** Fires on SIGINT and SIGTERM. */
  readonly signal: AbortSignal
  /** All of stdin as text, for `-`; throws `usage` above 1 MiB. */
  readStdin(): Promise<string>
}

/** A command: prints its answer through the terminal and returns the exit code (0 where it returns nothing). */
export type Command = (invocation: Invocation) => Promise<number | undefined>

/** Node's timers end at once where they are asked to wait for longer: 24 days. */
const LONGEST_WAIT_MS = 2 ** 31 - 1

/** The options of one invocation, read as what they mean; each reader throws a usage error in plain words. */
export class Options {
  readonly #values: Readonly<Record<string, OptionValue>>

  constructor(values: Readonly<Record<string, OptionValue>>) {
    this.#values = values
  }

  text(name: OptionName): string | undefined {
    const value = this.#values[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }

  /** True where the flag is given; negated flags (`--no-lock`) are true unless given. */
  flag(name: OptionName): boolean {
    return this.#values[name] === true
  }

  list(name: OptionName): readonly string[] {
    const value = this.#values[name]
    if (typeof value === 'object') return value
    return typeof value === 'string' ? [value] : []
  }

  seconds(name: OptionName): number | undefined {
    const text = this.text(name)
    return text === undefined ? undefined : parseDuration(text)
  }

  /** `--timeout` in milliseconds, no more than a timer can wait; undefined where it is not given. */
  timeoutMs(): number | undefined {
    const seconds = this.seconds('timeout')
    return seconds === undefined ? undefined : Math.min(seconds * 1000, LONGEST_WAIT_MS)
  }

  sat(name: OptionName): bigint | undefined {
    const text = this.text(name)
    return text === undefined ? undefined : parseSat(text)
  }

  /** A whole number from `least` to `most`. */
  count(name: OptionName, least: number, most: number): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const count = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (count >= least && count <= most) return count
    throw new PaygressError('usage', `${quoteArgument(text)} is not a whole number from ${least} to ${most}`)
  }

  oneOf<Choice extends string>(name: OptionName, choices: readonly Choice[]): Choice | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const choice = choices.find((candidate) => candidate === text)
    if (choice !== undefined) return choice
    throw new PaygressError('usage', `${quoteArgument(text)} is not one of ${choices.join(', ')}`)
  }
}

/** The first positional argument; throws `usage` where it is missing. */
export function firstArgument(invocation: Invocation, what: string): string {
  const argument = invocation.args[0]
  if (argument !== undefined && argument !== '') return argument
  throw new PaygressError('usage', `${what} is missing`)
}

/** A token from `--token -` (stdin) or `--token-file`; undefined where neither is given. Never from the command line itself. */
export async function readToken(invocation: Invocation): Promise<string | undefined> {
  const file = invocation.options.text('tokenFile')
  const dash = invocation.options.text('token')
  if (file !== undefined && dash !== undefined) {
    throw new PaygressError('usage', 'give either --token - or --token-file, not both')
  }
  if (file !== undefined) return cleanToken(await readFileOf(invocation, file))
  if (dash === undefined) return undefined
  if (dash === '-') return cleanToken(await invocation.readStdin())
  throw new PaygressError('usage', 'a token does not go on the command line, where others can read it', {
    hint: 'write --token - and give the token on stdin, or --token-file FILE',
  })
}

function cleanToken(text: string): string {
  const token = text.trim()
  if (token !== '') return token
  throw new PaygressError('invalid_token', 'there is no token in the input')
}

/** The 12 words from stdin (`-`) or `--words-file`; undefined where neither is given. Never from the command line itself. */
export async function readWords(invocation: Invocation): Promise<string | undefined> {
  const file = invocation.options.text('wordsFile')
  const [dash] = invocation.args
  if (file !== undefined && dash !== undefined) {
    throw new PaygressError('usage', 'give either - or --words-file, not both')
  }
  if (file !== undefined) return readFileOf(invocation, file)
  if (dash === undefined) return undefined
  if (dash === '-') return invocation.readStdin()
  throw new PaygressError('usage', 'the words do not go on the command line, where others can read them', {
    hint: 'paygress wallet restore - < words.txt',
  })
}

async function readFileOf({ signal }: Invocation, path: string): Promise<string> {
  // Only where a file is named: its modules cost every other command milliseconds.
  const { readNamedFile } = await import('../wiring/named-file.ts')
  const text = await readNamedFile(path, signal)
  if (text !== undefined) return text
  throw new PaygressError('usage', `there is no file ${nameArgument(path)}`, {
    hint: 'name a file that is there, or give - and the text on stdin',
  })
}
