// Where do a daemon's notes go? To whatever implements Log (pino in telemetry); never a secret among the fields.

export type LogFields = Record<string, string | number | boolean | null | undefined | readonly string[]>

export interface Log {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
}
