// How does a command speak to whoever started it? One object: answers, progress, questions, notes.
import type { PaygressError } from '../core/errors.ts'
import type { Ask, Progress } from '../core/progress.ts'
import { type Answer, checkColumns, type Json } from './answer.ts'
import { errorDocument, errorLines } from './error-lines.ts'
import { printable } from './printable.ts'
import { makeAsk } from './questions.ts'
import { animatedProgress, plainProgress } from './spinner.ts'
import { canAnimate, canPrompt, type OutputFormat, type Streams, wantsColour } from './streams.ts'
import { PLAIN } from './style.ts'

export interface TerminalOptions {
  output: OutputFormat
  quiet: boolean
  verbose: boolean
  noColour: boolean
  headers: boolean
  columns?: readonly string[]
  signal: AbortSignal
}

export interface Terminal {
  readonly output: OutputFormat
  readonly quiet: boolean
  readonly canPrompt: boolean
  readonly ask: Ask
  readonly progress: Progress
  /** The one answer of the command, on stdout. */
  answer(answer: Answer): Promise<void>
  /** One JSON document per line, for `--watch` under json; the human form otherwise. */
  stream(answer: Answer): Promise<void>
  /** More rows follow below the ones that were printed. */
  hideHeaders(): void
  /** Text that is an answer by itself (an invoice, a command line). */
  raw(text: string): void
  /** A line for people on stderr: previews, next commands. Silent with -q and under machine formats off a terminal. */
  say(line?: string): void
  /** A line on stderr without which nobody can go on, such as an invoice: also with -q. */
  insist(line: string): void
  fail(error: PaygressError): Promise<void>
  /** Ends animations. */
  close(): void
}

/** Builds the terminal of one command; chalk and ora are loaded only where something will be coloured or move. */
export async function openTerminal(streams: Streams, options: TerminalOptions): Promise<Terminal> {
  const machine = options.output === 'json' || options.output === 'yaml'
  const style = wantsColour(streams, 'stderr', options.noColour)
    ? (await import('./colours.ts')).colourStyle()
    : PLAIN
  const animate = canAnimate(streams) && !machine && !options.quiet
  const spinner = animate ? animatedProgress(streams, style) : undefined
  const progress = spinner ?? plainProgress(streams, style, options.quiet)
  const write = (text: string) => streams.stdout.write(`${text}\n`)
  let headers = options.headers
  const widths = new Map<string, number>()
  const say = (line = '') => {
    if (!options.quiet && (!machine || streams.stderr.isTTY === true))
      streams.stderr.write(`${printable(line)}\n`)
  }
  const lines = (answer: Answer): readonly string[] => {
    if (options.output === 'name' || options.quiet) return answer.names
    if (answer.human.kind === 'lines') return answer.human.lines
    checkColumns(answer.human, options.columns)
    if (answer.human.rowCount === 0) {
      say(answer.human.empty)
      return []
    }
    const columns = options.columns === undefined ? {} : { columns: options.columns }
    return answer.human.render({ headers, widths, ...columns })
  }
  return {
    output: options.output,
    quiet: options.quiet,
    canPrompt: canPrompt(streams),
    progress,
    ask: makeAsk(streams, { beforeAsking: () => spinner?.pause(), signal: options.signal }),
    say,
    insist(line) {
      if (options.quiet) streams.stderr.write(`${printable(line)}\n`)
      else progress.note(line)
    },
    async answer(answer) {
      spinner?.stop()
      if (machine) write(await encode(answer.document, options.output))
      else for (const line of lines(answer)) write(printable(line))
    },
    async stream(answer) {
      if (options.output === 'json') write(JSON.stringify(answer.document))
      else if (options.output === 'yaml') write(`---\n${await encode(answer.document, 'yaml')}`)
      else for (const line of lines(answer)) write(printable(line))
    },
    hideHeaders() {
      headers = false
    },
    raw(text) {
      spinner?.stop()
      write(text)
    },
    async fail(error) {
      spinner?.stop()
      if (machine) write(await encode(errorDocument(error), options.output))
      for (const line of errorLines(error, style, options.verbose)) streams.stderr.write(`${line}\n`)
    },
    close: () => spinner?.stop(),
  }
}

async function encode(document: Json, output: OutputFormat): Promise<string> {
  if (output !== 'yaml') return JSON.stringify(document)
  const { stringify } = await import('yaml')
  // Equal lists are written out each time: not every reader of YAML knows anchors.
  return stringify(document, { aliasDuplicateObjects: false }).trimEnd()
}
