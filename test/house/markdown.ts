// What stands in a page of Markdown? Its tables, its code, and its links, as far as the pages of this project use them.

export interface Table {
  /** The heading it stands under, without the signs. */
  heading: string
  header: string[]
  rows: string[][]
}

/** Every table of a page, cells as written. */
export function tablesOf(page: string): Table[] {
  const tables: Table[] = []
  let heading = ''
  let open: Table | undefined
  for (const line of withoutFences(page).split('\n')) {
    heading = /^#+ (.+)$/.exec(line)?.[1] ?? heading
    if (!line.startsWith('|')) open = undefined
    else if (open === undefined) tables.push((open = { heading, header: cellsOf(line), rows: [] }))
    else if (!/^\|[ :|-]+\|$/.test(line)) open.rows.push(cellsOf(line))
  }
  return tables
}

/** The one table under a heading; throws where there is none. */
export function tableUnder(page: string, heading: string): Table {
  const table = tablesOf(page).find((candidate) => candidate.heading === heading)
  if (table === undefined) throw new Error(`there is no table under "${heading}"`)
  return table
}

function cellsOf(line: string): string[] {
  return line
    .replace(/^\||\|\s*$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'))
}

/** The text of every `code` of a page or a cell. */
export function codeSpans(text: string): string[] {
  return [...withoutFences(text).matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => code ?? [])
}

/** The lines that a person types: of `sh` blocks all, of `console` blocks those after the prompt. */
export function typedLines(page: string): string[] {
  return [...page.matchAll(/^```(sh|console)\n(.*?)^```/gms)].flatMap(([, language, body]) => {
    const lines = (body ?? '').split('\n').filter((line) => line !== '')
    return language === 'sh'
      ? lines.map((line) => line.replace(/\s+# .*$/, ''))
      : lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2))
  })
}

/** Where links lead. */
export function linksOf(page: string): string[] {
  return [...withoutFences(page).matchAll(/\]\(([^)]+)\)/g)].flatMap(([, target]) => target ?? [])
}

/** The names that links within a page can have, as GitHub makes them. */
export function anchorsOf(page: string): string[] {
  return [...withoutFences(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  )
}

function withoutFences(page: string): string {
  return page.replace(/^```.*?^```/gms, '')
}
