// How does a daemon write its log? JSON lines by pino, pretty on a terminal, never with a secret.
import { pino, type DestinationStream } from 'pino'
import pretty from 'pino-pretty'
import type { Log, LogFields } from '../core/log.ts'
import { redactFields, redactText } from './redact.ts'

export interface LogOptions {
  level: 'debug' | 'info' | 'warn' | 'error'
  /** Where lines go; standard error without it. */
  stream?: NodeJS.WritableStream
  /** Readable lines instead of JSON; what standard error is without it. */
  isTerminal?: boolean
}

/** A log on that stream. */
export function openLog(options: LogOptions): Log {
  const stream = options.stream ?? process.stderr
  const isTerminal = options.isTerminal ?? process.stderr.isTTY
  const logger = pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    destination(stream, isTerminal),
  )
  const write =
    (at: LogOptions['level']) =>
    (fields: LogFields, message: string): void =>
      logger[at](redactFields(fields), redactText(message))
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

function destination(stream: NodeJS.WritableStream, isTerminal: boolean): DestinationStream {
  const lines: DestinationStream = { write: (line) => void stream.write(line) }
  if (!isTerminal) return lines
  return pretty({ colorize: true, singleLine: true, ignore: 'pid,hostname', sync: true, destination: stream })
}
