// How are rows printed? Left-aligned columns two spaces apart, numbers to the right: easy to read and to cut.
import { printable } from './printable.ts'
import { textWidth } from './text-width.ts'

export interface Column<Row> {
  /** The name that `--columns` takes. */
  key: string
  title: string
  align?: 'left' | 'right'
  text(row: Row): string
  /** Shown only when it is asked for. */
  onlyOnRequest?: boolean
}

export interface TableOptions {
  /** Keys in the wished order; all that are not on request where absent. */
  columns?: readonly string[]
  headers: boolean
  /** Widths by key of the rows that stand above: these line up with them, and leave their own here. */
  widths?: Map<string, number>
}

/** The lines of a table. Unknown keys in `columns` must have been refused before. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TableOptions,
): string[] {
  const chosen =
    options.columns === undefined
      ? columns.filter((column) => column.onlyOnRequest !== true)
      : options.columns.flatMap((key) => columns.find((column) => column.key === key) ?? [])
  const cells = rows.map((row) => chosen.map((column) => printable(column.text(row))))
  const table = options.headers ? [chosen.map((column) => column.title), ...cells] : cells
  const widths = chosen.map(({ key }, at) =>
    Math.max(options.widths?.get(key) ?? 0, ...table.map((line) => textWidth(line[at] ?? ''))),
  )
  for (const [at, { key }] of chosen.entries()) options.widths?.set(key, widths[at] ?? 0)
  return table.map((line) =>
    line
      .map((cell, at) => pad(cell, widths[at] ?? 0, chosen[at]?.align ?? 'left'))
      .join('  ')
      .trimEnd(),
  )
}

function pad(text: string, size: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, size - textWidth(text)))
  return align === 'right' ? space + text : text + space
}
