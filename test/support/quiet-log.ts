// A log that keeps its lines for the test instead of printing them.
import type { Log } from '../../src/core/log.ts'

export interface QuietLog extends Log {
  readonly lines: string[]
}

export function quietLog(): QuietLog {
  const lines: string[] = []
  const write = (_fields: unknown, message: string): void => void lines.push(message)
  return { lines, debug: write, info: write, warn: write, error: write }
}
