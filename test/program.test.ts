// Does a command line become the right call, and wrong usage a useful answer?
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CommanderError } from 'commander'
import { afterAll, describe, expect, test } from 'vitest'
import type { OptionValue } from '../src/commands/invocation.ts'
import { COMMAND_OPTIONS, GLOBAL_OPTIONS, type OptionDefinition } from '../src/commands/options.ts'
import type { CommandDefinition } from '../src/commands/command-definition.ts'
import { COMMAND_GROUPS } from '../src/commands/tree.ts'
import { resolveOptions, variablesOf } from '../src/commands/resolve-options.ts'
import { buildProgram, type Call } from '../src/program.ts'

interface Parsed {
  call: Call | undefined
  error: CommanderError | undefined
  refusedBy: string
  out: string
  err: string
}

function parse(...argv: string[]): Parsed {
  const parsed: Parsed = { call: undefined, error: undefined, refusedBy: '', out: '', err: '' }
  const program = buildProgram({
    write: (text) => {
      parsed.out += text
    },
    writeError: (text) => {
      parsed.err += text
    },
    chosen: (call) => {
      parsed.call = call
    },
    refused: (path) => {
      parsed.refusedBy = path
    },
  })
  try {
    program.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    parsed.error = error
  }
  return parsed
}

function called(...argv: string[]): Call {
  const { call, error } = parse(...argv)
  if (call === undefined) throw error ?? new Error('no command was chosen')
  return call
}

function options(
  argv: string[],
  env: Record<string, string> = {},
  preferences: Record<string, OptionValue> = {},
) {
  return resolveOptions(called(...argv), env, (key) => preferences[key])
}

const leaves: [string, CommandDefinition][] = COMMAND_GROUPS.flatMap(({ entries }) =>
  entries.flatMap((entry): [string, CommandDefinition][] =>
    'commands' in entry
      ? entry.commands.map((command) => [`${entry.name} ${command.name}`, command])
      : [[entry.name, entry]],
  ),
)
const registry: [string, OptionDefinition][] = [
  ...Object.entries(GLOBAL_OPTIONS),
  ...Object.entries(COMMAND_OPTIONS),
]

test('only the daemon takes the time to compile its schemas', () => {
  expect(parse('serve').call?.daemon).toBe(true)
  expect(parse('buy', '--spec', 'basic', '--for', '1h').call?.daemon).toBe(false)
})

describe('an option', () => {
  const env = { PAYGRESS_OUTPUT: 'yaml', PAYGRESS_MINT: 'https://env', PAYGRESS_RELAYS: 'ws://a, ws://b' }
  const preferences = { output: 'name', mint: 'https://preference', relays: ['ws://c'], max_rate: '90' }

  test('on the command line counts more than in the environment, and that more than a preference', () => {
    expect(options(['offers', '-o', 'json'], env, preferences).text('output')).toBe('json')
    expect(options(['offers'], env, preferences).text('output')).toBe('yaml')
    expect(options(['offers'], {}, preferences).text('output')).toBe('name')
    expect(options(['offers']).text('output')).toBeUndefined()
  })

  test('is named by its variable only where that says a value which counts', () => {
    const said = (argv: string[], env: Record<string, string>) => variablesOf(called(...argv), env)
    expect(said(['offers'], { PAYGRESS_TIMEOUT: ' 5s ', PAYGRESS_YES: '1', PAYGRESS_SPEC: '' })).toEqual([
      ['PAYGRESS_TIMEOUT', '5s'],
    ])
    expect(said(['offers', '--timeout', '5s'], { PAYGRESS_TIMEOUT: 'x' })).toEqual([])
    expect(said(['offers'], { PAYGRESS_RELAYS: ', ,' })).toEqual([])
    expect(said(['offers'], { PAYGRESS_RELAYS: 'ws://a,,' })).toEqual([['PAYGRESS_RELAYS', ['ws://a']]])
  })

  test('of several values is a list from all three places', () => {
    expect(options(['offers', '--relay', 'ws://x', '--relay', 'ws://y'], env).list('relay')).toEqual([
      'ws://x',
      'ws://y',
    ])
    expect(options(['offers'], env, preferences).list('relay')).toEqual(['ws://a', 'ws://b'])
    expect(options(['offers'], {}, preferences).list('relay')).toEqual(['ws://c'])
    expect(options(['offers']).list('relay')).toEqual([])
  })

  test('of a command has its environment variable and preference, too', () => {
    expect(options(['offers'], { PAYGRESS_MAX_RATE: '70' }, preferences).text('maxRate')).toBe('70')
    expect(options(['offers'], {}, preferences).text('maxRate')).toBe('90')
    expect(options(['buy'], { PAYGRESS_SPEC: 'basic' }).text('spec')).toBe('basic')
  })

  test('that takes something away does so in the environment, too', () => {
    expect(options(['buy'], {}).flag('lock')).toBe(true)
    expect(options(['buy'], { PAYGRESS_NO_LOCK: '1' }).flag('lock')).toBe(false)
    expect(options(['buy'], { PAYGRESS_NO_LOCK: '0' }).flag('lock')).toBe(true)
    expect(options(['buy', '--no-lock'], { PAYGRESS_NO_LOCK: '0' }).flag('lock')).toBe(false)
  })

  test.each([
    ['buy', '--max-price'],
    ['buy', '--order'],
    ['buy', '--provider'],
    ['offers', '--home'],
  ])('%s %s with an empty value is refused: a script has forgotten something', (command, flag) => {
    for (const value of ['', ' ']) {
      expect(() => options([command, flag, value])).toThrow(/was given an empty value/)
    }
  })

  test('without a value is on or off in the environment', () => {
    const values = ['1', 'true', 'yes', 'On', 'y', '0', 'false', 'No', 'off', 'n', ' ', '']
    expect(values.map((PAYGRESS_YES) => options(['buy'], { PAYGRESS_YES }).flag('yes'))).toEqual([
      true,
      true,
      true,
      true,
      true,
      false,
      false,
      false,
      false,
      false,
      false,
      false,
    ])
    for (const PAYGRESS_YES of ['maybe', 'nope', '2', '-'])
      expect(() => options(['buy'], { PAYGRESS_YES })).toThrow(/PAYGRESS_YES .* neither on nor off/)
    expect(options(['buy', '--yes'], { PAYGRESS_YES: '0' }).flag('yes')).toBe(true)
  })

  test('that says no is on unless it is given', () => {
    expect(options(['buy']).flag('lock')).toBe(true)
    expect(options(['buy', '--no-lock']).flag('lock')).toBe(false)
    expect(options(['--no-color', 'buy']).flag('color')).toBe(false)
    expect(options(['devnet', '--no-provider']).flag('withProvider')).toBe(false)
  })

  test.each([
    [['-o', 'json', 'wallet', 'balance']],
    [['wallet', '-o', 'json', 'balance']],
    [['wallet', 'balance', '-o', 'json']],
    [['-o', 'yaml', 'wallet', '-o', 'name', 'balance', '--output=json']],
  ])('for all commands may stand before or behind the name, the nearest counts: %j', (argv) => {
    expect(options(argv).text('output')).toBe('json')
  })

  test('is read as what it means, or refused in plain words', () => {
    expect(options(['offers', '--timeout', '90s']).seconds('timeout')).toBe(90)
    expect(options(['buy', '--max-price', '500']).sat('maxPrice')).toBe(500n)
    expect(options(['orders', 'list', '--limit', '7']).count('limit', 1, 9)).toBe(7)
    for (const wrong of ['0', '10', '1.5', 'x', '-1'])
      expect(() => options(['orders', 'list', `--limit=${wrong}`]).count('limit', 1, 9)).toThrow(
        `"${wrong}" is not a whole number from 1 to 9`,
      )
    expect(() => options(['offers', '-o', 'xml']).oneOf('output', ['json', 'yaml'])).toThrow(
      '"xml" is not one of json, yaml',
    )
  })
})

describe('words behind the command', () => {
  test('of buy are the command to run, options and all', () => {
    const call = called('buy', '--spec', 'basic', '--yes', '--', 'uname', '-a', '--spec', 'x')
    expect(call.args).toEqual(['uname', '-a', '--spec', 'x'])
    expect(call.given).toMatchObject({ spec: 'basic', yes: true })
  })

  test('of ssh belong to ssh from the pod on', () => {
    const call = called(
      'ssh',
      '--print',
      'web',
      '-L',
      '8080:localhost:80',
      '-o',
      'json',
      '-q',
      '--',
      'df',
      '-h',
    )
    expect(call.args).toEqual(['web', '-L', '8080:localhost:80', '-o', 'json', '-q', '--', 'df', '-h'])
    expect(call.given).toEqual({ print: true })
  })

  test('of ssh leave global options before the command alone', () => {
    expect(called('--profile', 'work', 'ssh', 'web', '-v')).toMatchObject({
      given: { profile: 'work' },
      args: ['web', '-v'],
    })
  })

  test('are refused where there are too many or too few', () => {
    expect(parse('topup')).toMatchObject({ refusedBy: 'paygress topup', error: { exitCode: 1 } })
    expect(parse('wallet', 'fund')).toMatchObject({ refusedBy: 'paygress wallet fund' })
    expect(parse('status', 'a', 'b').error?.message).toContain('too many arguments')
  })
})

describe('help', () => {
  test('and version go to stdout and are no error', () => {
    expect(parse('--version')).toMatchObject({
      error: { exitCode: 0 },
      out: expect.stringMatching(/^\d+\.\d+\.\d+/),
    })
    expect(parse('--help')).toMatchObject({
      error: { exitCode: 0 },
      out: expect.stringContaining('Usage: paygress'),
    })
    expect(parse('help').out).toBe(parse('--help').out)
    expect(parse('help', 'buy').out).toContain('Usage: paygress buy')
    expect(parse('help', 'wallet').out).toBe(parse('wallet', '--help').out)
    for (const words of [
      ['help', 'wallet', 'fund'],
      ['wallet', 'help', 'fund'],
    ])
      expect(parse(...words).out).toBe(parse('wallet', 'fund', '--help').out)
  })

  test('lists each group once, with everything in it', () => {
    const { out } = parse('--help')
    for (const { group, entries } of COMMAND_GROUPS) {
      expect(out.split(`\n${group}:\n`)).toHaveLength(2)
      for (const { name } of entries) expect(out).toMatch(new RegExp(`^  ${name} `, 'm'))
    }
    expect(out).not.toContain('\nCommands:')
  })

  test.each(COMMAND_GROUPS.flatMap(({ entries }) => entries.filter((entry) => 'commands' in entry)))(
    'of the bare group $name is printed, on stderr',
    ({ name, commands }) => {
      const { out, err, error } = parse(name)
      expect([out, error?.code]).toEqual(['', 'commander.help'])
      for (const command of commands) expect(err).toContain(command.summary)
    },
  )

  test('of a command shows its options with their variables, and its examples, but not all global options', () => {
    const { out } = parse('buy', '--help')
    expect(out).toMatch(/--spec <id>[\s\S]*\[PAYGRESS_SPEC\]/)
    expect(out).toContain('paygress buy --spec standard --for 2h')
    expect(out).not.toContain('--columns')
  })
})

describe('the tree', () => {
  test.each(leaves)('%s has a summary and examples of itself that parse', (path, { summary, examples }) => {
    expect(summary).toMatch(/^[a-z].*[^.]$/)
    expect(examples.length).toBeGreaterThan(0)
    for (const example of examples) {
      expect(`${example} `).toContain(`paygress ${path} `)
      const [, ...words] = example.replace(/ < .*$/, '').split(' ')
      expect(parse(...words).error).toBeUndefined()
    }
  })

  test.each(leaves)('%s is there and can be run', async (_path, { load }) => {
    expect(typeof (await load()).run).toBe('function')
  })

  test('uses every option of the registry, and each preference that stands in for one', () => {
    const used = new Set(leaves.flatMap(([, { options: names }]) => names ?? []))
    expect(
      Object.keys(COMMAND_OPTIONS).filter((name) => !used.has(name as keyof typeof COMMAND_OPTIONS)),
    ).toEqual([])
  })

  test.each(registry.filter(([name]) => name !== 'token'))(
    '%s has an environment variable named after its flag',
    (_name, { flags, env }) => {
      const long = /--([a-z-]+)/.exec(flags)?.[1] ?? ''
      expect(env).toMatch(new RegExp(`^PAYGRESS_${long.replaceAll('-', '_').toUpperCase()}S?$`))
    },
  )

  test('has no two options with the same variable', () => {
    const variables = registry.map(([, { env }]) => env).filter((env) => env !== undefined)
    expect(new Set(variables).size).toBe(variables.length)
  })

  test('takes no token from the environment, where other programs can read it', () => {
    expect(COMMAND_OPTIONS.token).not.toHaveProperty('env')
  })
})

const home = mkdtempSync(join(tmpdir(), 'paygress-program-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

interface Ended {
  code: number | null
  out: string
  err: string
}

/** Runs the program itself, with no terminal anywhere. */
async function run(args: string[], env: Record<string, string> = {}): Promise<Ended> {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH, PAYGRESS_HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended: Ended = { code: null, out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => (ended.out += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (ended.err += text))
  ended.code = await new Promise((resolve) => child.on('close', resolve))
  return ended
}

describe('wrong usage', () => {
  test.each([
    [['byu'], "unknown command 'byu'", 'did you mean buy?'],
    [['wallet', 'balnce'], "unknown command 'balnce'", 'did you mean balance?'],
    [['offers', '--sport', 'x'], "unknown option '--sport'", 'did you mean --sort?'],
    [['help', 'wallet', 'nope'], "unknown command 'nope'", 'paygress wallet --help'],
    [['help', 'nope'], "unknown command 'nope'", 'paygress --help'],
    [['wallet', 'help', 'balnce'], "unknown command 'balnce'", 'did you mean balance?'],
    [['help', 'buy', 'x'], "unknown command 'x'", 'paygress buy --help'],
    [['topup'], "missing required argument 'pod'", 'paygress topup --help'],
    [
      ['config', 'get', 'a', 'b'],
      "too many arguments for 'get'. Expected 1 argument but got 2: a, b.",
      'paygress config get --help',
    ],
  ])('%j ends with exit 2, one error line and one hint', async (args, message, hint) => {
    expect(await run(args)).toEqual({ code: 2, out: '', err: `error: ${message}\nhint: ${hint}\n` })
  })

  test.each([
    [['offers', '--sport', '-o', 'json'], {}],
    [['--json', 'byu'], {}],
    [['byu'], { PAYGRESS_OUTPUT: 'json' }],
  ])('%j under json gives its document as well', async (args, env) => {
    const { code, out, err } = await run(args, env)
    expect(code).toBe(2)
    expect(JSON.parse(out).error).toMatchObject({ code: 'usage', retryable: false })
    expect(err).toMatch(/^error: .*\nhint: .*\n$/)
  })

  test('has no colour with --no-color, whatever the surroundings want', async () => {
    const { err } = await run(['--no-color', 'byu'], { FORCE_COLOR: '1' })
    expect(err).toMatch(/^error: /)
    expect((await run(['byu'], { FORCE_COLOR: '1' })).err).toContain('\u001b[31merror:')
  })

  test('a bare group prints its help and ends with 2', async () => {
    const { code, out, err } = await run(['wallet'])
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain('Usage: paygress wallet')
  })

  test.each([[['wallet', '-o', 'json']], [['--json']], [['help', 'nope', '-o', 'json']]])(
    'of %j gives a script its document beside the help',
    async (args) => {
      const { code, out } = await run(args)
      expect(code).toBe(2)
      expect(JSON.parse(out).error).toMatchObject({ code: 'usage', retryable: false })
    },
  )
})

describe('the program', () => {
  test('prints its version and ends with 0', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, err: '' })
  })

  test('keeps everything in --home', async () => {
    const { out } = await run(['config', 'path', '--json', '--home', join(home, 'other')])
    expect(Object.values(JSON.parse(out)).every((path) => String(path).startsWith(join(home, 'other')))).toBe(
      true,
    )
  })

  test('finds the preferences of the profile it was given', async () => {
    await run(['config', 'set', 'output', 'json', '--profile', 'work'])
    expect((await run(['config', 'list', '--profile', 'work'])).out).toMatch(/^\{"settings":\[\{/)
    expect((await run(['config', 'list'])).out).toBe('')
  })
})
