// What happens from argv to the exit code? The one place that touches process.exit and signals.
import { addAbortSignal } from 'node:stream'
import { CommanderError } from 'commander'
import { PaygressError, toPaygressError } from './core/errors.ts'
import { hideQuoted } from './core/quote-argument.ts'
import { notePreference, noteVariable, type Origins, withHint, withOrigin } from './commands/error-hints.ts'
import type { Invocation, OptionValue, Options } from './commands/invocation.ts'
import { resolveOptions, variablesOf } from './commands/resolve-options.ts'
import { buildProgram, type Call } from './program.ts'
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
    return withoutCommand(refusing)
  }
  return calls[0] ?? 0
}

/** The error of a bare group; the help itself stands above it. */
function withoutCommand(group: string): PaygressError {
  return new PaygressError('usage', `${group} alone is no command`, { hint: `${group} --help` })
}

function usageError(error: CommanderError, command: string): PaygressError {
  // An argument may hold line breaks: it is judged whole.
  const [first = '', ...rest] = hideQuoted(error.message.replace(/^error: /, '')).split('\n')
  const suggestion = /Did you mean (.+?)\?/.exec(rest.join(' ') || first)?.[1]
  const message = first.replace(/\s*\(?Did you mean .*$/, '')
  // Node has read the file of this flag already, if it could: the words of other tools are not ours.
  const meant = message.includes("'--env-file") ? '--dotenv' : suggestion
  return new PaygressError('usage', message, {
    hint: meant === undefined ? `${command} --help` : `did you mean ${meant}?`,
  })
}

async function invoke(
  call: Call,
  streams: Streams,
  stop: AbortSignal,
  fallback: TerminalOptions,
): Promise<number> {
  let terminal: Terminal | undefined
  const origins: Origins = new Map()
  try {
    // Before any module makes its schemas.
    if (!call.daemon) (await import('./core/interpret-schemas.ts')).interpretSchemas()
    const env = homeFrom(call, streams.env)
    for (const [name, value] of variablesOf(call, env)) noteVariable(origins, name, value)
    const options = resolveOptions(call, env, noting(origins, await preferences(call, env)))
    terminal = await openTerminal(streams, terminalOptions(call, options, stop))
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
    await terminal.fail(withOrigin(withHint(failure, call.path), origins))
    return failure.exitCode
  } finally {
    terminal?.close()
  }
}

/** The preferences that a command goes by are noted. */
function noting(origins: Origins, preference: (key: string) => OptionValue): (key: string) => OptionValue {
  return (key) => {
    const value = preference(key)
    if (value !== undefined) notePreference(origins, key, value)
    return value
  }
}

/** `--home` stands for PAYGRESS_HOME. */
function homeFrom(call: Call, env: Streams['env']): Streams['env'] {
  const home = call.given.home
  return typeof home === 'string' ? { ...env, PAYGRESS_HOME: home } : env
}

/** Preferences are read only where a flag and its environment variable are silent; a missing file costs nothing. */
async function preferences(call: Call, env: Streams['env']): Promise<(key: string) => OptionValue> {
  const { readPreferences, readSoundPreferences } = await import('./wiring/wire-settings.ts')
  const profile = call.given.profile ?? env.PAYGRESS_PROFILE
  const read = call.path.startsWith('paygress config ') ? readSoundPreferences : readPreferences
  return read(env, typeof profile === 'string' && profile !== '' ? profile : undefined)
}

function terminalOptions({ given }: Call, options: Options, signal: AbortSignal): TerminalOptions {
  const columns = options.text('columns')
  return {
    output: formatOf(given, options),
    quiet: options.flag('quiet'),
    verbose: options.flag('verbose'),
    noColour: !options.flag('color'),
    headers: options.flag('headers'),
    signal,
    ...(columns === undefined ? {} : { columns: columns.split(',').map((key) => key.trim()) }),
  }
}

/** `--json` is `-o json`: typed together with another format, one of the two would be ignored. */
function formatOf(given: Call['given'], options: Options): OutputFormat {
  const format = options.oneOf('output', OUTPUT_FORMATS) ?? 'table'
  if (given.output === undefined) return options.flag('json') ? 'json' : format
  if (given.json === true && format !== 'json') {
    throw new PaygressError('usage', `--json and -o ${format} contradict each other`, {
      hint: 'give one of them',
    })
  }
  return format
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
