// What can the streams of this process do? Terminals, colours, and pipes that close.
import type { Readable, Writable } from 'node:stream'

export const OUTPUT_FORMATS = ['table', 'json', 'yaml', 'name'] as const
export type OutputFormat = (typeof OUTPUT_FORMATS)[number]

interface TerminalStream extends Writable {
  isTTY?: boolean
  columns?: number
}

export interface Streams {
  stdin: Readable & { isTTY?: boolean }
  stdout: TerminalStream
  stderr: TerminalStream
  env: Readonly<Record<string, string | undefined>>
}

export interface ProcessStreams extends Streams {
  /** Resolves when everything that was printed has left this process; to why the answer could not be written, if so. */
  flush(): Promise<Error | undefined>
}

/**
 * The streams and environment of this process. Each is opened by its first use, since opening takes Node milliseconds.
 * A stdout that was closed before the start (`>&-`) is not seen: Node has put /dev/null in its place before any of our code runs.
 * `onReaderGone` hears that nobody reads the answers any more, as `head` does; notes that nobody reads are simply lost.
 */
export function processStreams(onReaderGone: () => void): ProcessStreams {
  const opened = new Set<TerminalStream>()
  let failure: Error | undefined
  const open = (stream: NodeJS.WriteStream): TerminalStream => {
    if (opened.has(stream)) return stream
    opened.add(stream)
    return stream.on('error', (error: NodeJS.ErrnoException) => {
      if (stream !== process.stdout) return
      if (error.code === 'EPIPE') onReaderGone()
      else failure ??= error
    })
  }
  return {
    get stdin() {
      return process.stdin
    },
    get stdout() {
      return open(process.stdout)
    },
    get stderr() {
      return open(process.stderr)
    },
    env: process.env,
    async flush() {
      for (const stream of opened) await new Promise<void>((resolve) => stream.write('', () => resolve()))
      return failure
    },
  }
}

/** Whether stderr is a terminal that can be redrawn. One that says it has no columns (`script` in a pipe) would be redrawn for ever. */
export function canAnimate(streams: Streams): boolean {
  const { isTTY, columns = 80 } = streams.stderr
  return isTTY === true && columns > 0 && streams.env.TERM !== 'dumb' && !isSet(streams.env.CI)
}

/** A prompt is possible only where both stdin and stderr are terminals. */
export function canPrompt(streams: Streams): boolean {
  return streams.stdin.isTTY === true && streams.stderr.isTTY === true
}

/** Whether `stream` should get colour: `--no-color`, NO_COLOR, FORCE_COLOR and TERM=dumb are honoured, in this order. */
export function wantsColour(streams: Streams, stream: 'stdout' | 'stderr', noColour: boolean): boolean {
  if (noColour || isSet(streams.env.NO_COLOR)) return false
  if (isSet(streams.env.FORCE_COLOR)) return !['0', 'false'].includes(streams.env.FORCE_COLOR ?? '')
  return streams[stream].isTTY === true && streams.env.TERM !== 'dumb'
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== ''
}
