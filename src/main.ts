// What happens from argv to the exit code? The one place that touches process.exit and signals.
import { addAbortSignal } from 'node:stream'
import { CommanderError } from 'commander'
import { PaygressError, toPaygressError } from './core/errors.ts'
import type { Invocation, OptionValue, Options } from './commands/invocation.ts'
import { buildProgram, type Call, resolveOptions } from './program.ts'
import { OUTPUT_FORMATS, type OutputFormat, processStreams, type Streams } from './terminal/streams.ts'
import { openTerminal, type Terminal, type TerminalOptions } from './terminal/terminal.ts'

const INTERRUPTED = 130
const LARGEST_STDIN = 1 << 20
/** A terminal, npx and the launcher may each pass on the same Ctrl-C. */
const SAME_SIGNAL_MS = 300

async function main(argv: readonly string[], streams: Streams, stop: AbortSignal): Promise<number> {
  const parsed = parse(argv, streams)
  if (typeof parsed === 'number') return parsed
  if (parsed instanceof PaygressError) {
    const terminal = await openTerminal(streams, fallbackOptions(argv, streams, stop))
    await terminal.fail(parsed)
    return parsed.exitCode
  }
  return invoke(parsed, streams, stop, fallbackOptions(argv, streams, stop))
}

/** The chosen call, the exit code after help or version, or what is wrong with the command line. */
function parse(argv: readonly string[], streams: Streams): Call | number | PaygressError {
  const calls: Call[] = []
  let refusing = 'paygress'
  const program = buildProgram(
    {
      write: (text) => streams.stdout.write(text),
      writeError: (text) => streams.stderr.write(text),
      chosen: (call) => calls.push(call),
      refused: (path) => {
        refusing = path
      },
    },
    argv,
  )
  try {
    program.parse([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return 0
    if (error.code !== 'commander.help') return usageError(error, refusing)
    // A bare group prints its help on stderr; only a script needs more than that.
    if (askedFormat(beforeDashes(argv), streams.env) === 'table') return 2
    return new PaygressError('usage', `${refusing} alone is no command`, { hint: `${refusing} --help` })
  }
  return calls[0] ?? 0
}

function usageError(error: CommanderError, command: string): PaygressError {
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n')
  const suggestion = /Did you mean (.+?)\?/.exec(rest.join(' ') || first)?.[1]
  const message = first.replace(/\s*\(?Did you mean .*$/, '')
  return new PaygressError('usage', message, {
    hint: suggestion === undefined ? `${command} --help` : `did you mean ${suggestion}?`,
  })
}

async function invoke(
  call: Call,
  streams: Streams,
  stop: AbortSignal,
  fallback: TerminalOptions,
): Promise<number> {
  let terminal: Terminal | undefined
  try {
    const env = homeFrom(call, streams.env)
    const options = resolveOptions(call, env, await preferences(call, env))
    terminal = await openTerminal(streams, terminalOptions(options, stop))
    const invocation: Invocation = {
      args: call.args,
      options,
      terminal,
      env,
      signal: stop,
      readStdin: () => readAll(streams, stop),
    }
    return (await call.command(invocation)) ?? 0
  } catch (error) {
    if (stop.reason === READER_GONE) return 0
    const failure =
      stop.aborted && !(error instanceof PaygressError)
        ? new PaygressError('interrupted', 'interrupted', { cause: error })
        : toPaygressError(error)
    terminal ??= await openTerminal(streams, fallback)
    await terminal.fail(withHint(failure, call.path))
    return failure.exitCode
  } finally {
    terminal?.close()
  }
}

/** Every error says what to type next; where it does not know, the command does. */
function withHint(error: PaygressError, command: string): PaygressError {
  if (error.hint !== undefined) return error
  const { code, message, retryable, details, cause } = error
  const hint = lastHint(error.exitCode, command)
  return new PaygressError(code, message, {
    hint,
    retryable,
    cause,
    ...(details === undefined ? {} : { details }),
  })
}

function lastHint(exitCode: number, command: string): string {
  if (exitCode === INTERRUPTED) return 'the same command can be given again'
  if (exitCode === 2) return `${command} --help`
  return exitCode === 3 ? 'try again' : 'the same command with --verbose shows where it came from'
}

/** `--home` stands for PAYGRESS_HOME. */
function homeFrom(call: Call, env: Streams['env']): Streams['env'] {
  const home = call.given.home
  return typeof home === 'string' ? { ...env, PAYGRESS_HOME: home } : env
}

/** Preferences are read only where a flag and its environment variable are silent; a missing file costs nothing. */
async function preferences(call: Call, env: Streams['env']): Promise<(key: string) => OptionValue> {
  const { readPreferences } = await import('./wiring/wire-settings.ts')
  const profile = call.given.profile ?? env.PAYGRESS_PROFILE
  return readPreferences(env, typeof profile === 'string' && profile !== '' ? profile : undefined)
}

function terminalOptions(options: Options, signal: AbortSignal): TerminalOptions {
  const columns = options.text('columns')
  return {
    output: options.flag('json') ? 'json' : (options.oneOf('output', OUTPUT_FORMATS) ?? 'table'),
    quiet: options.flag('quiet'),
    verbose: options.flag('verbose'),
    noColour: !options.flag('color'),
    headers: options.flag('headers'),
    signal,
    ...(columns === undefined ? {} : { columns: columns.split(',').map((key) => key.trim()) }),
  }
}

/** For errors that come before the options are known: a script that asked for JSON still gets its document. */
function fallbackOptions(argv: readonly string[], streams: Streams, signal: AbortSignal): TerminalOptions {
  const words = beforeDashes(argv)
  return {
    output: askedFormat(words, streams.env),
    quiet: false,
    verbose: words.includes('--verbose'),
    noColour: words.includes('--no-color'),
    headers: true,
    signal,
  }
}

/** What follows `--` is for another program. */
function beforeDashes(argv: readonly string[]): readonly string[] {
  return argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
}

function askedFormat(words: readonly string[], env: Streams['env']): OutputFormat {
  if (words.includes('--json')) return 'json'
  const asked = words.map((word, at) =>
    word === '-o' || word === '--output' ? words[at + 1] : /^(?:-o|--output=)(.+)$/.exec(word)?.[1],
  )
  const format = asked.findLast((value) => value !== undefined) ?? env.PAYGRESS_OUTPUT
  return OUTPUT_FORMATS.find((known) => known === format) ?? 'table'
}

async function readAll(streams: Streams, stop: AbortSignal): Promise<string> {
  let text = ''
  streams.stdin.setEncoding('utf8')
  for await (const part of addAbortSignal(stop, streams.stdin)) {
    text += String(part)
    if (text.length > LARGEST_STDIN)
      throw new PaygressError('usage', 'the input on stdin is larger than 1 MiB')
  }
  return text
}

const READER_GONE = new PaygressError('interrupted', 'nobody reads the output any more')

/** The first SIGINT, SIGTERM or SIGHUP asks for a clean end, the next one ends at once. */
function stopBySignal(stop: AbortController): void {
  let firstAt = Number.POSITIVE_INFINITY
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (performance.now() - firstAt > SAME_SIGNAL_MS) process.exit(INTERRUPTED)
      firstAt = Math.min(firstAt, performance.now())
      stop.abort(new PaygressError('interrupted', 'interrupted'))
    })
  }
}

const stop = new AbortController()
stopBySignal(stop)
const streams = processStreams(() => stop.abort(READER_GONE))
const code = await main(process.argv.slice(2), streams, stop.signal)
// Whatever may still be open.
const failure = await streams.flush()
if (failure === undefined) process.exit(code)
streams.stderr.write(
  `error: the answer could not be written: ${failure.message}\nhint: see that stdout has room; what was done is done\n`,
)
await streams.flush()
process.exit(code === 0 ? 1 : code)
