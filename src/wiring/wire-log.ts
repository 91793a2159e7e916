// Where do a daemon's notes go? To pino on stderr: readable for a person, JSON lines for a machine.
import { openLog, type LogOptions } from '../telemetry/open-log.ts'
import type { Log } from '../core/log.ts'

/** A log on stderr that never shows a secret. */
export function wireLog(options: Pick<LogOptions, 'level'>): Log {
  return openLog(options)
}
