// How does an error reach a person, and a script?
import type { PaygressError } from '../core/errors.ts'
import type { Json } from './answer.ts'
import type { Style } from './style.ts'
import { printable } from './printable.ts'

/** One `error:` line and one `hint:` line; with `verbose` the stack and its causes too. */
export function errorLines(error: PaygressError, style: Style, verbose: boolean): string[] {
  const lines = [`${style.bad('error:')} ${printable(error.message)}`]
  if (error.hint !== undefined) lines.push(`${style.warn('hint:')} ${printable(error.hint)}`)
  if (verbose) lines.push(...stackLines(error, style))
  return lines
}

function stackLines(error: Error, style: Style): string[] {
  const lines = (error.stack ?? '').split('\n').slice(1)
  const cause = error.cause instanceof Error ? [`caused by ${error.cause.name}: ${error.cause.message}`] : []
  const deeper = error.cause instanceof Error ? stackLines(error.cause, style) : []
  return [...lines, ...cause, ...deeper].map((line) => style.faint(printable(line)))
}

/** `{"error":{code,message,hint,retryable,details}}`. */
export function errorDocument(error: PaygressError): Json {
  return {
    error: {
      code: error.code,
      message: error.message,
      hint: error.hint ?? null,
      retryable: error.retryable,
      details: error.details ?? {},
    },
  }
}
