// What does the protocol's page say? Its tables and examples as data.
import { readFileSync } from 'node:fs'

export interface Example {
  /** The words after `json` on the fence: `spawn request`. */
  label: string
  json: string
}

/** One row of a table that starts with the column `field`. */
export interface FieldRow {
  field: string
  type: string
  required: boolean
}

const page = readFileSync(new URL('../../src/protocol/README.md', import.meta.url), 'utf8')

export function examples(): Example[] {
  return [...page.matchAll(/^```json(.*)\n([\s\S]*?)^```$/gm)].map(([, label = '', json = '']) => ({
    label: label.trim(),
    json,
  }))
}

/** The tables whose first column has that title, in the page's order, as rows of cells. */
export function tables(title: string): string[][][] {
  const found: string[][][] = []
  let rows: string[][] | undefined
  for (const line of page.split('\n')) {
    const cells = line.startsWith('|') ? cellsOf(line) : undefined
    if (cells === undefined) rows = undefined
    else if (rows === undefined) {
      rows = []
      if (cells[0] === title) found.push(rows)
    } else if (!/^:?-+:?$/.test(cells[0] ?? '')) rows.push(cells)
  }
  return found
}

export function fieldTables(): FieldRow[][] {
  return tables('field').map((rows) =>
    rows.map(([field = '', type = '', required = '']) => {
      if (required !== 'yes' && required !== 'no') throw new Error(`${field}: is it required?`)
      return { field: unquoted(field), type, required: required === 'yes' }
    }),
  )
}

/** The values of the worked example of refund evidence, by their names. */
export function workedExample(): Map<string, string> {
  const block = /^```text\n(provider key[\s\S]*?)^```$/m.exec(page)?.[1] ?? ''
  return new Map(
    block
      .trim()
      .split('\n')
      .map((line): [string, string] => {
        const [name = '', value = ''] = line.split(/\s{2,}/)
        return [name, value]
      }),
  )
}

export function unquoted(cell: string): string {
  return cell.replaceAll('`', '').trim()
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, line.lastIndexOf('|'))
    .split('|')
    .map((cell) => cell.trim())
}
