// Do README, CONTRIBUTING and CHANGELOG still say what is there? Commands, flags, paths, functions, exit codes, variables.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import { describe, expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { COMMAND_OPTIONS, GLOBAL_OPTIONS, type OptionDefinition } from '../../src/commands/options.ts'
import { COMMAND_GROUPS } from '../../src/commands/tree.ts'
import { EXIT_CODES } from '../../src/core/errors.ts'
import { buildProgram } from '../../src/program.ts'
import { environment, EXAMPLES } from '../../src/provider/config-environment.ts'
import { noticesOf } from '../../src/provider/config-notices.ts'
import { settingKeys } from '../../src/storage/setting-keys.ts'
import { anchorsOf, codeSpans, linksOf, tablesOf, tableUnder, typedLines } from './markdown.ts'

const ROOT = join(import.meta.dirname, '../..')
const page = (name: string): string => readFileSync(join(ROOT, name), 'utf8')
const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'] as const
const readme = page('README.md')

/** What commander finds wrong with a command line; undefined where it would run. */
function problemOf(words: readonly string[]): string | undefined {
  const program = buildProgram({
    write: () => undefined,
    writeError: () => undefined,
    chosen: () => undefined,
    refused: () => undefined,
  })
  try {
    program.parse([...words], { from: 'user' })
    return undefined
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? undefined : error.code
  }
}

/** The words of a command as a shell would split them, without redirections and what follows a pipe. */
function wordsOf(line: string): string[] {
  const words = line.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? []
  const end = words.findIndex((word) => /^(?:[|<>#]|&&|\d>|\d>&\d)/.test(word) && !/^<\w+>$/.test(word))
  return (end < 0 ? words : words.slice(0, end)).map((word) => word.replace(/^["']|["']$/g, ''))
}

/** Every `paygress …` among these lines, from the word after it. */
function commandsIn(lines: readonly string[]): string[] {
  return lines.flatMap((line) => /^(?:npx )?paygress (\S.*)$/.exec(line)?.[1] ?? [])
}

const flagsOf = (options: Readonly<Record<string, OptionDefinition>>): string[] =>
  Object.values(options).flatMap(({ flags }) => flags.match(/--?[a-z][a-z-]*/g) ?? [])
const KNOWN_FLAGS = new Set([...flagsOf(COMMAND_OPTIONS), ...flagsOf(GLOBAL_OPTIONS), '--help', '--version'])

describe.each(PAGES)('%s', (name) => {
  const text = page(name)
  const typed = typedLines(text)

  test('shows only command lines that the program understands', () => {
    const wrong = commandsIn(typed).map((line) => [line, problemOf(wordsOf(line))])
    expect(wrong.filter(([, problem]) => problem !== undefined)).toEqual([])
  })

  test('names only commands and flags that exist', () => {
    const unfinished = ['commander.missingArgument', 'commander.help']
    const wrong = commandsIn(codeSpans(text))
      .filter((line) => !/^[<…]/.test(line))
      .map((line) => [line.replace(/ …/g, ''), problemOf(wordsOf(line.replace(/ …/g, '')))] as const)
    expect(wrong.filter(([, problem]) => problem !== undefined && !unfinished.includes(problem))).toEqual([])
    const flags = codeSpans(text).flatMap((code) => /^(--[a-z][a-z-]*)/.exec(code)?.[1] ?? [])
    expect(flags.filter((flag) => !KNOWN_FLAGS.has(flag))).toEqual([])
  })

  test('names only files and folders that are there', () => {
    const inCode = codeSpans(text).filter((code) =>
      /^(?:src|test|bin|k8s|examples|\.ci)(?:\/[\w./-]+)?$/.test(code),
    )
    const placeholders = inCode.filter((path) => !/[A-Z]{4}/.test(path))
    const linked = linksOf(text).filter((target) => !/^(?:https?:|#)/.test(target))
    const rooted = codeSpans(text).filter((code) =>
      /^(?:[\w-]+\.(?:md|json|template)|Dockerfile)$/.test(code),
    )
    const known = rooted.filter((path) => path !== 'config.json')
    const missing = [...placeholders, ...linked, ...known].filter((path) => !existsSync(join(ROOT, path)))
    expect(missing).toEqual([])
  })

  test('links to headings that it has', () => {
    const targets = linksOf(text).filter((target) => target.startsWith('#'))
    expect(targets.filter((target) => !anchorsOf(text).includes(target.slice(1)))).toEqual([])
  })

  test('runs only scripts of package.json', () => {
    const lines = [...typed, ...codeSpans(text)]
    const named = lines.flatMap((line) =>
      [...line.matchAll(/npm run ([a-z:]+)/g)].map(([, script]) => script),
    )
    expect(named.filter((script) => script === undefined || !(script in packageJson.scripts))).toEqual([])
  })
})

test('CONTRIBUTING names only functions that are in the file beside them', () => {
  const text = page('CONTRIBUTING.md')
  const steps = tablesOf(text).filter(({ header }) => header[1] === 'function')
  const inTables = steps.flatMap(({ rows }) =>
    rows.map(([file = '', name = '']) => [codeSpans(name)[0] ?? '', codeSpans(file)[0] ?? ''] as const),
  )
  const inText = [...text.matchAll(/`(\w+)`\s+in\s+`(src\/[\w./-]+)`/g)].map(
    ([, name = '', file = '']) => [name, file] as const,
  )
  expect(inTables.length).toBeGreaterThan(30)
  expect(inText.length).toBeGreaterThan(5)
  const missing = [...inTables, ...inText].filter(
    ([name, file]) => !new RegExp(`\\b(?:function|const|class) ${name}\\b`).test(page(file)),
  )
  expect(missing).toEqual([])
})

describe('README', () => {
  test('lists every command of the registry in its words, and no other', () => {
    const registry = COMMAND_GROUPS.flatMap(({ entries }) =>
      entries.flatMap((entry) =>
        'commands' in entry
          ? entry.commands.map((command) => ({ ...command, name: `${entry.name} ${command.name}` }))
          : [entry],
      ),
    ).map((command) => [
      `\`paygress ${command.name}${command.arguments === undefined ? '' : ` ${command.arguments}`}\``,
      command.summary,
    ])
    expect(tableUnder(readme, 'Commands').rows).toEqual(registry)
  })

  test('lists the options that every command understands', () => {
    const table = tablesOf(readme).filter(({ heading }) => heading === 'Commands')[1]
    const registry = Object.values(GLOBAL_OPTIONS).map(({ flags, description }) => [
      `\`${flags}\``,
      description,
    ])
    expect(table?.rows).toEqual(registry)
  })

  test('lists every error code at its exit code', () => {
    const rows = tableUnder(readme, 'Exit codes').rows
    const listed = rows.flatMap(([exit, , codes = '']) =>
      codeSpans(codes).map((code) => [code, Number(exit)]),
    )
    expect(Object.fromEntries(listed)).toEqual(EXIT_CODES)
    expect(listed).toHaveLength(Object.keys(EXIT_CODES).length)
    expect(rows[0]?.[0]).toBe('0')
  })

  test('lists every variable of serve, and no other', () => {
    const listed = tableUnder(readme, 'Configuration of a provider').rows.map(
      ([name = '']) => codeSpans(name)[0],
    )
    const outside = ['ADMIN_TOKEN']
    const known = new Set([...Object.keys(environment.shape), ...Object.keys(EXAMPLES), ...outside])
    expect(new Set(listed)).toEqual(new Set([...known, 'CAPACITY_<SPEC>']))
    expect(listed).toHaveLength(known.size + 1)
    const notices = noticesOf(Object.fromEntries(outside.map((name) => [name, 'x'])), parsedDefaults())
    expect(notices).toHaveLength(outside.length)
  })

  test('tells the defaults of serve as they are', () => {
    const defaults = Object.entries(parsedDefaults()).filter(([, value]) => typeof value !== 'object')
    const rows = new Map(
      tableUnder(readme, 'Configuration of a provider').rows.map(([name = '', value = '']) => [
        codeSpans(name)[0],
        codeSpans(value)[0],
      ]),
    )
    // What does nothing has no default worth telling.
    const telling = defaults.filter(([name, value]) => value !== undefined && name !== 'SSH_PORT')
    expect(telling.filter(([name, value]) => rows.get(name) !== String(value))).toEqual([])
  })

  test('names the preferences that a flag reads', () => {
    const paragraph = /\*\*Preferences\*\*.*?\n\n/s.exec(readme)?.[0] ?? ''
    const read = Object.values({ ...GLOBAL_OPTIONS, ...COMMAND_OPTIONS }).flatMap((option) =>
      'preference' in option ? [option.preference] : [],
    )
    expect(codeSpans(paragraph)).toEqual(expect.arrayContaining(read))
    expect(Object.keys(settingKeys)).toEqual(expect.arrayContaining(read))
  })
})

function parsedDefaults() {
  return environment.parse({ NOSTR_RELAYS: 'ws://127.0.0.1:1', WHITELISTED_MINTS: 'http://127.0.0.1:1' })
}

/** A file of tests without its comments: what stands in one of them is tried by nobody. */
const spoken = (path: string): string => page(path).replace(/^\s*(?:\/\/|\/?\*).*$/gm, '')

/** Rows of a table whose last two cells do not name a file and a test in it. */
const untried = (rows: string[][]): string[][] =>
  rows.filter((row) => {
    const [file = '', title = ''] = row.slice(-2)
    const [path = ''] = codeSpans(file)
    return title === '' || !spoken(path).includes(title)
  })

test('every promise of the README about money is the sentence of a test', () => {
  const promises = tableUnder(readme, 'What happens to my money if…').rows.map(([when]) => when)
  const { rows } = tableUnder(page('CONTRIBUTING.md'), 'What the README promises of money')
  expect(rows.map(([when]) => when)).toEqual(promises)
  expect(promises.length).toBeGreaterThan(10)
  expect(untried(rows)).toEqual([])
})

test('everything that a dishonest side tries is the sentence of a test', () => {
  const { rows } = tableUnder(page('CONTRIBUTING.md'), 'What a dishonest side gets')
  expect(new Set(rows.map(([who]) => who))).toEqual(new Set(['buyer', 'stranger', 'provider']))
  expect(rows.length).toBeGreaterThan(35)
  expect(new Set(rows.map((row) => row.slice(2).join(' '))).size).toBe(rows.length)
  expect(untried(rows)).toEqual([])
})
