// What does a command print on stdout? One answer, in the format that was asked for.
import { PaygressError } from '../core/errors.ts'
import { quoteArgument } from '../core/quote-argument.ts'
import { type Column, tableLines, type TableOptions } from './table.ts'

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined }

/** The answer of a command. `document` has snake_case keys and integer amounts with their unit in the name. */
export interface Answer {
  document: Json
  /** For `-o name`: the identifiers alone, one per line. */
  names: readonly string[]
  /** For people. */
  human: HumanAnswer
}

export type HumanAnswer = { kind: 'lines'; lines: readonly string[] } | TableAnswer

export interface TableAnswer {
  kind: 'table'
  keys: readonly string[]
  render(options: TableOptions): string[]
  /** What to say instead of an empty table (stderr). */
  empty: string
  rowCount: number
}

/** An answer made of rows. */
export function tableAnswer<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  empty: string,
): TableAnswer {
  return {
    kind: 'table',
    keys: columns.map((column) => column.key),
    render: (options) => tableLines(columns, rows, options),
    empty,
    rowCount: rows.length,
  }
}

/** Lines of the form `key  value`, values aligned; undefined values are left out. */
export function fieldLines(fields: readonly (readonly [string, string | undefined])[]): string[] {
  const shown = fields.filter((field): field is readonly [string, string] => field[1] !== undefined)
  const width = Math.max(0, ...shown.map(([key]) => key.length))
  return shown.map(([key, value]) => `${key.padEnd(width)}  ${value}`.trimEnd())
}

/** Refuses unknown `--columns` with `usage`, naming the known ones. */
export function checkColumns(table: TableAnswer, columns: readonly string[] | undefined): void {
  const unknown = columns?.find((key) => !table.keys.includes(key))
  if (unknown === undefined) return
  throw new PaygressError('usage', `there is no column ${quoteArgument(unknown)}`, {
    hint: `choose from --columns ${table.keys.join(',')}`,
  })
}
