// What does a mistake on the command line cost? Nothing but the right exit code, one error line, one hint, and a document for scripts.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeAll, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { unusedAddress } from '../support/faulty-relay.ts'
import { type CliOptions, type CliResult, runCli, startCli } from '../support/run-cli.ts'
import { type DevnetProcess, startDevnetProcess } from '../support/scenario/devnet-process.ts'
import { expectError, type ExpectedError } from '../support/scenario/expect-error.ts'

const MINT = 'https://mint.example.com'

async function expectBoth(
  args: readonly string[],
  wanted: ExpectedError,
  options: Partial<CliOptions> = {},
): Promise<Record<string, unknown>> {
  const home = options.home ?? temporaryFolder('usage')
  const [human, machine] = await Promise.all([
    runCli(args, { ...options, home }),
    runCli(['-o', 'json', ...args], { ...options, home }),
  ])
  expectError(human, wanted)
  expect(human.stdout).toBe('')
  const document = expectError(machine, wanted)
  expect(document.code).toBeTypeOf('string')
  return document
}

describe('what can be seen without any network', () => {
  test.concurrent.each<[string, string[], ExpectedError]>([
    ['an unknown command', ['byu'], { exit: 2, code: 'usage', says: /byu/, hint: /buy/ }],
    [
      'the words of a wallet in lines',
      ['legal winner thank year wave sausage worth useful legal winner\nthank yellow'],
      { exit: 2, code: 'usage', says: /unknown command \(not shown/ },
    ],
    ['an unknown option', ['offers', '--spce', 'x'], { exit: 2, code: 'usage', hint: /--spec/ }],
    ['a missing argument', ['topup'], { exit: 2, code: 'usage', says: /pod/ }],
    ['no spec', ['buy', '--for', '1h'], { exit: 2, code: 'usage', hint: /--spec/ }],
    ['no extent', ['buy', '--spec', 'basic'], { exit: 2, code: 'usage', hint: /--for/ }],
    [
      'two extents',
      ['buy', '--spec', 'basic', '--for', '1h', '--amount', '5'],
      { exit: 2, code: 'usage', says: /only one/ },
    ],
    [
      'a malformed duration',
      ['buy', '--spec', 'basic', '--for', '1 hour'],
      { exit: 2, code: 'invalid_duration', says: /1 hour/ },
    ],
    ['a negative duration', ['buy', '--spec', 'basic', '--for=-5m'], { exit: 2, code: 'invalid_duration' }],
    [
      'an endless duration',
      ['buy', '--spec', 'basic', '--for', '99999999999999d'],
      { exit: 2, code: 'invalid_duration' },
    ],
    [
      'a malformed amount',
      ['buy', '--spec', 'basic', '--amount', '1e9'],
      { exit: 2, code: 'invalid_amount', says: /1e9/ },
    ],
    ['an amount of nothing', ['wallet', 'fund', '0'], { exit: 2, code: 'invalid_amount' }],
    ['a broken amount', ['wallet', 'send', '1.5'], { exit: 2, code: 'invalid_amount' }],
    [
      'a malformed end',
      ['buy', '--spec', 'basic', '--until', 'tomorrow'],
      { exit: 2, code: 'usage', hint: /ISO 8601/ },
    ],
    ['a relay that is no address', ['offers', '--relay', 'http://x'], { exit: 2, code: 'usage' }],
    ['a mint that is no address', ['wallet', 'fund', '5', '--mint', 'ftp://x'], { exit: 2, code: 'usage' }],
    ['an unknown order', ['orders', 'show', 'nothing-there'], { exit: 2, code: 'unknown_order' }],
    [
      'an order to go on with that is unknown',
      ['buy', '--order', 'nowhere'],
      { exit: 2, code: 'unknown_order' },
    ],
    ['an unknown pod', ['ssh', 'coral-tiger-ladder'], { exit: 2, code: 'unknown_pod', hint: /pods/ }],
    [
      'a token on the command line',
      ['buy', '--spec', 'basic', '--for', '1h', '--token', 'cashuBabc'],
      { exit: 2, code: 'usage', hint: /--token -/ },
    ],
    [
      'a token file that is not there',
      ['buy', '--spec', 'basic', '--for', '1h', '--token-file', 'none'],
      { exit: 2 },
    ],
    ['a profile with a path in it', ['pods', '--profile', '../x'], { exit: 2, code: 'usage' }],
    ['help about nothing', ['help', 'nope'], { exit: 2, code: 'usage', says: /nope/, hint: /--help/ }],
    ['a bare group', ['wallet'], { exit: 2, code: 'usage', says: /wallet alone/, hint: /wallet --help/ }],
    ['a relay with a line break', ['offers', '--relay', 'ws://a\nb'], { exit: 2, code: 'usage' }],
    [
      'a configuration file that is not there',
      ['serve', '--dotenv', '/nope'],
      { exit: 2, says: /no file \/nope/ },
    ],
    ['a folder as configuration file', ['serve', '--dotenv', '/tmp'], { exit: 2, says: /a folder/ }],
    ['the flag that Node takes', ['serve', '--env-file', '/dev/null'], { exit: 2, hint: /--dotenv/ }],
    [
      'a token file without end',
      ['buy', '--spec', 'basic', '--for', '1h', '--token-file', '/dev/zero'],
      { exit: 2, says: /1 MiB/ },
    ],
    [
      'words without end',
      ['wallet', 'restore', '--mint', MINT, '--words-file', '/dev/zero'],
      { exit: 2, says: /1 MiB/ },
    ],
    ['a key that is not there', ['config', 'set', 'ssh_key', '/nope'], { exit: 2, hint: /\.pub/ }],
    ['an unknown preference', ['config', 'set', 'mnit', MINT], { exit: 2, hint: /did you mean mint\?/ }],
  ])('%s', async (_, args, wanted) => {
    await expectBoth(args, wanted)
  })

  test.concurrent('an unknown format or column', async () => {
    const home = temporaryFolder('usage')
    const [format, column] = await Promise.all([
      runCli(['pods', '-o', 'xml'], { home }),
      runCli(['pods', '--columns', 'nmae'], { home }),
    ])
    expectError(format, { exit: 2, says: /xml.*json/, hint: /--help/ })
    expectError(column, { exit: 2, says: /nmae/, hint: /name,pod/ })
  })

  test.concurrent('an empty stdin holds no token', async () => {
    const result = await runCli(['wallet', 'receive', '-', '--mint', MINT], {
      home: temporaryFolder('usage'),
      stdin: '\n',
    })
    expectError(result, { exit: 2, says: /token/ })
  })

  test.concurrent('a secret that was typed on the command line is not repeated', async () => {
    const secret = 'cashuBo2FteBtodHRwOi8vbWludC5leGFtcGxlLmNvbWF1Y3NhdA'
    const places = [
      ['wallet', 'receive', secret],
      [secret],
      ['ssh', secret],
      ['pods', `--${secret}`],
      ['wallet', 'fund', secret],
      ['wallet', 'mints', secret],
      ['buy', '--spec', 'basic', '--for', '1h', '--token-file', secret],
      ['serve', '--dotenv', secret],
      ['config', 'get', secret],
      ['pods', '-o', secret],
      ['pods', '--columns', secret],
      ['pods', '--profile', secret],
      ['offers', '--relay', secret],
      ['orders', 'show', secret],
    ]
    for (const args of places) {
      const result = await runCli(args, { home: temporaryFolder('usage') })
      expectError(result, { exit: 2 })
      expect(result.stderr + result.stdout).not.toContain(secret.slice(0, 20))
    }
  })

  test.concurrent('two formats that contradict each other are no format', async () => {
    const home = temporaryFolder('usage')
    const both = await runCli(['pods', '--json', '-o', 'yaml'], { home })
    expectError(both, { exit: 2, code: 'usage', says: /--json and -o yaml/ })
    const [same, flag] = await Promise.all([
      runCli(['pods', '--json', '-o', 'json'], { home }),
      runCli(['pods', '-o', 'yaml'], { home, env: { PAYGRESS_JSON: '1' } }),
    ])
    expect([same.stdout, flag.stdout]).toEqual(['{"pods":[]}\n', 'pods: []\n'])
  })

  test.concurrent('a pipe that nobody writes to does not hold a signal up', async () => {
    const home = temporaryFolder('usage')
    const pipe = join(home, 'pipe')
    execFileSync('mkfifo', [pipe])
    const cli = startCli(['wallet', 'restore', '--mint', MINT, '--words-file', pipe], { home })
    // Its writer gets in as soon as the command reads.
    const writer = await open(pipe, 'w')
    const result = await cli.end('SIGTERM')
    await writer.close()
    expectError(result, { exit: 130, says: /interrupted/ })
  })

  test.concurrent('a wrong preference can be mended, and the error of one in use says what it is', async () => {
    const home = temporaryFolder('preferences')
    const file = join(home, 'config', 'config.json')
    mkdirSync(join(home, 'config'))
    writeFileSync(file, '{"output":"xml"}')
    expectError(await runCli(['pods'], { home }), { exit: 2, hint: /config set output/ })
    expect((await runCli(['config', 'set', 'output', 'table'], { home })).code).toBe(0)
    writeFileSync(file, '{"provider":"npub1x","ssh_key":"/nope"}')
    const buy = await runCli(['buy', '--spec', 'basic', '--for', '1h'], { home })
    expectError(buy, {
      exit: 2,
      says: /provider in .*config\.json is wrong/,
      hint: /paygress config set provider/,
    })
    writeFileSync(file, JSON.stringify({ relays: [await unusedAddress()] }))
    expectError(await runCli(['offers', '--timeout', '2s'], { home }), {
      exit: 3,
      says: /relays comes from your preferences/,
      hint: /paygress config set relays/,
    })
    writeFileSync(file, '[]')
    expectError(await runCli(['config', 'set', 'output', 'json'], { home }), { exit: 2, hint: /mv / })
    expect((await runCli(['config', 'path'], { home })).code).toBe(0)
  })

  test.concurrent.each<[string, string, string[], ExpectedError]>([
    ['PAYGRESS_TIMEOUT', 'abc', ['offers'], { exit: 2, code: 'invalid_duration', says: /"abc" is not/ }],
    ['PAYGRESS_MAX_RATE', 'much', ['offers'], { exit: 2, code: 'usage', says: /"much" is not/ }],
    ['PAYGRESS_RELAYS', 'ws://127.0.0.1:1,http://x', ['offers'], { exit: 2, code: 'usage' }],
    ['PAYGRESS_OUTPUT', 'xml', ['pods'], { exit: 2, code: 'usage', says: /"xml" is not/ }],
    ['PAYGRESS_COLUMNS', 'nmae', ['pods'], { exit: 2, code: 'usage' }],
    ['PAYGRESS_PROFILE', '../x', ['pods'], { exit: 2, code: 'usage', says: /"\.\.\/x" cannot/ }],
    [
      'PAYGRESS_WORDS_FILE',
      '/nowhere',
      ['wallet', 'restore', '--mint', MINT],
      { exit: 2, code: 'usage', says: /no file \/nowhere/ },
    ],
    ['PAYGRESS_TIMEOUT', `nsec1${'q'.repeat(58)}`, ['offers'], { exit: 2, says: /not shown/ }],
    ['PAYGRESS_TIMEOUT', 'x'.repeat(500), ['offers'], { exit: 2 }],
  ])('%s is named where its value cannot be used (%#)', async (name, value, args, wanted) => {
    const result = await runCli(args, { home: temporaryFolder('usage'), env: { [name]: value } })
    expectError(result, { ...wanted, hint: new RegExp(`; or: unset ${name}$`, 'm') })
    expect(result.stderr).toContain(`(${name} comes from the environment)`)
  })

  test.concurrent('help and version go to stdout and are no failure', async () => {
    const home = temporaryFolder('usage')
    const [help, version, bare] = await Promise.all([
      runCli(['--help'], { home }),
      runCli(['--version'], { home }),
      runCli(['wallet'], { home }),
    ])
    expect([help.code, version.code, bare.code]).toEqual([0, 0, 2])
    expect(help.stdout).toContain('paygress buy --spec')
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect(bare.stdout).toBe('')
    expect(bare.stderr).toContain('fund')
  })
})

describe('with a devnet', () => {
  let net: DevnetProcess
  beforeAll(async () => {
    net = await startDevnetProcess()
    await net.run(['wallet', 'fund', '100'])
  })

  const buy = (...more: string[]): string[] => ['buy', '--spec', 'basic', '--for', '2m', '--yes', ...more]
  const expectFailure = async (args: string[], wanted: ExpectedError): Promise<Record<string, unknown>> =>
    expectBoth(args, wanted, { home: net.home, env: net.env })

  test.each<[string, string[], ExpectedError]>([
    [
      'an unknown spec, with the nearest one',
      ['buy', '--spec', 'bsaic', '--for', '2m', '--yes'],
      { exit: 2, code: 'unknown_spec', says: /bsaic/, hint: /basic/ },
    ],
    [
      'an unknown provider, with the nearest one',
      buy('--provider', 'devnte'),
      { exit: 2, code: 'unknown_provider', hint: /devnet/ },
    ],
    [
      'a time under the minimum of the offer',
      ['buy', '--spec', 'basic', '--for', '30s', '--yes'],
      { exit: 2, code: 'duration_out_of_range', says: /60|1m/ },
    ],
    [
      'a price above the highest one',
      buy('--max-price', '5'),
      { exit: 5, code: 'price_too_high', says: /5 sat/ },
    ],
    [
      'a rate above the highest one',
      buy('--max-rate', '359'),
      { exit: 5, code: 'price_too_high', says: /360 sat per hour.*limit of 359/, hint: /--max-rate 360/ },
    ],
    [
      'a named provider above the highest rate',
      buy('--provider', 'devnet', '--max-rate', '100'),
      { exit: 5, code: 'price_too_high', says: /devnet asks 360/ },
    ],
    [
      'a mint that the provider does not take',
      buy('--mint', 'http://127.0.0.1:9'),
      { exit: 5, code: 'mint_not_accepted', says: /takes none of your mints/ },
    ],
    [
      'no answer to the question and nobody to ask',
      ['buy', '--spec', 'basic', '--for', '2m'],
      { exit: 4, code: 'input_needed', hint: /--yes/ },
    ],
    [
      'an end in the past',
      ['buy', '--spec', 'basic', '--until', '2020-01-01', '--yes'],
      { exit: 2, code: 'invalid_duration' },
    ],
    [
      'an unknown pod, with a command that lists them',
      ['stop', 'no-such-pod'],
      { exit: 2, code: 'unknown_pod' },
    ],
    ['a token that is none', ['wallet', 'receive', '-'], { exit: 2, code: 'invalid_token' }],
  ])('%s', async (_, args, wanted) => {
    await expectFailure(args, wanted)
  })

  test('too little money to send says how much is missing and how to get it', async () => {
    const document = await expectFailure(['wallet', 'send', '5000'], {
      exit: 5,
      code: 'insufficient_funds',
      hint: /paygress wallet fund \d+/,
    })
    expect(document.message).toMatch(/100 sat/)
  })

  test('no mint named and none trusted: the flag is named, and no mint of the offer is used', async () => {
    const home = temporaryFolder('untrusting')
    await expectBoth(
      buy(),
      { exit: 4, hint: /--mint/ },
      {
        home,
        env: { PAYGRESS_RELAYS: net.relay },
      },
    )
    const balance = await runCli(['wallet', 'balance', '-o', 'json'], { home })
    expect(balance.json().mints.filter(({ trusted }: { trusted: boolean }) => trusted)).toEqual([])
  })

  test('none of this cost a sat or left an order behind', async () => {
    const balance = await net.run(['wallet', 'balance', '-o', 'json'])
    expect(balance.json().total_sat).toBe(100)
    expect((await net.run(['orders', 'list', '-o', 'json'])).json()).toEqual({ orders: [] })
    expect(net.outstandingSat()).toBe(100)
  })
})

describe('the home', () => {
  const DATABASE = ['data', 'paygress.db'] as const

  test.concurrent('written by a newer version is refused and not changed', async () => {
    const home = temporaryFolder('newer')
    expect((await runCli(['pods'], { home })).code).toBe(0)
    const file = join(home, ...DATABASE)
    const database = new DatabaseSync(file)
    database.exec('PRAGMA user_version = 4000')
    database.close()
    await expectBoth(['pods'], { exit: 1, code: 'storage_newer', hint: /update/ }, { home })
    await expectBoth(['wallet', 'balance'], { exit: 1, code: 'storage_newer' }, { home })
  })

  test.concurrent('with a file of another program in the place of the wallet is refused', async () => {
    const home = temporaryFolder('foreign')
    mkdirSync(join(home, 'data'), { mode: 0o700 })
    writeFileSync(join(home, ...DATABASE), 'this is a letter to my aunt\n'.repeat(300))
    await expectBoth(
      ['wallet', 'balance'],
      { exit: 1, code: 'storage_failed', says: /not a paygress file/ },
      { home },
    )
  })

  test.concurrent('that cannot be written says so', async () => {
    const home = temporaryFolder('read-only')
    // Root may write everywhere but below a file.
    writeFileSync(join(home, 'file'), '')
    await expectBoth(
      ['wallet', 'balance'],
      { exit: 1, code: 'home_not_writable', says: /home|write|folder/ },
      {
        home,
        env: { PAYGRESS_HOME: join(home, 'file', 'below') },
      },
    )
    await expectBoth(
      ['identity', 'show'],
      { exit: 1, code: 'home_not_writable' },
      {
        home,
        env: { PAYGRESS_HOME: '/proc/paygress' },
      },
    )
  })

  test.concurrent('with a folder in the place of a file, or a file in that of a folder, says which', async () => {
    const home = temporaryFolder('places')
    mkdirSync(join(home, ...DATABASE), { recursive: true })
    await expectBoth(
      ['pods'],
      { exit: 1, code: 'storage_failed', says: /paygress\.db is a folder/, hint: /move the folder/ },
      { home },
    )
    const devnet = await runCli(['devnet', '--dir', '/etc/passwd'], { home })
    expectError(devnet, { exit: 1, says: /a file stands where a folder/, hint: /another folder/ })
  })

  test.concurrent('is for its owner alone', async () => {
    const home = temporaryFolder('modes')
    await runCli(['identity', 'show'], { home })
    chmodSync(join(home, 'data', 'identity'), 0o644)
    const shown = await runCli(['identity', 'show'], { home })
    expect(shown.stderr).toMatch(/chmod 600/)
  })
})

describe('a reader that goes away', () => {
  test('ends the program quietly', async () => {
    const home = temporaryFolder('pipe')
    const relay = await unusedAddress()
    const shell = `"$1" "$2" offers --help | head -1; echo "codes \${PIPESTATUS[*]}"`
    const result: CliResult = await runCli(['--version'], { home })
    expect(result.code).toBe(0)
    const out = execFileSync(
      'bash',
      ['-c', shell, 'sh', process.execPath, join(import.meta.dirname, '../../bin/paygress.js')],
      {
        encoding: 'utf8',
        env: { PATH: process.env.PATH ?? '', HOME: home, PAYGRESS_RELAYS: relay },
      },
    )
    expect(out).toMatch(/^Usage|^paygress/)
    expect(out).toMatch(/codes (0|141) 0\n$/)
    expect(existsSync(home)).toBe(true)
  })
})
