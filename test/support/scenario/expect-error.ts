// Does a failure look as promised: the exit code, one `error:` line, one `hint:` line, and under -o json the document?
import { expect } from 'vitest'
import type { CliResult } from '../run-cli.ts'

export interface ExpectedError {
  exit: number
  code?: string
  says?: string | RegExp
  /** False where there is nothing that could be typed next. */
  hint?: string | RegExp | false
}

/** Checks a failed run; works for the table and for the JSON form. Returns the error document, empty for people. */
export function expectError(
  result: CliResult,
  { exit, code, says, hint }: ExpectedError,
): Record<string, unknown> {
  const { stderr, stdout } = result
  const lines = stderr.split('\n')
  const errors = lines.filter((line) => line.startsWith('error: '))
  const hints = lines.filter((line) => line.startsWith('hint: '))
  expect({ exit: result.code, errors: errors.length, stderr }).toEqual({ exit, errors: 1, stderr })
  if (says !== undefined) expect(errors[0]).toMatch(says)
  expect({ hints: hints.length, stderr }).toEqual({ hints: hint === false ? 0 : 1, stderr })
  if (hint !== undefined && hint !== false) expect(hints[0]).toMatch(hint)
  expect(stderr).not.toMatch(/^\s+at .*[(:]\d+/m)
  if (stdout === '') return {}
  const document: { error: Record<string, unknown> } = result.json()
  expect(Object.keys(document)).toEqual(['error'])
  expect(Object.keys(document.error)).toEqual(['code', 'message', 'hint', 'retryable', 'details'])
  if (code !== undefined) expect(document.error.code).toBe(code)
  return document.error
}
