// What does a daemon leave behind that was pointed at the wrong file or key? Nothing, and it says which.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { runCli } from '../support/run-cli.ts'
import { expectError, type ExpectedError } from '../support/scenario/expect-error.ts'

const SPECS = '[{"id":"a","name":"A","cpu_millicores":100,"memory_mb":64,"rate_msats_per_sec":1}]'
const SERVE = ['serve', '--backend', 'process', '--dotenv', '/dev/null']

function variables(changes: Record<string, string>): Record<string, string> {
  return {
    NOSTR_RELAYS: 'ws://127.0.0.1:9',
    WHITELISTED_MINTS: 'http://127.0.0.1:9',
    POD_SPECS: SPECS,
    ...changes,
  }
}

test('another program’s file in the place of the database: refused, and nothing is put beside it', async () => {
  const home = temporaryFolder('serve-foreign')
  const file = join(home, 'passwd')
  writeFileSync(file, 'root:x:0:0\n'.repeat(500))
  const before = readFileSync(file, 'utf8')
  const result = await runCli(SERVE, { home, env: variables({ CASHU_DB_PATH: file }) })
  expectError(result, { exit: 1, says: /passwd is not a paygress file/ })
  expect(readFileSync(file, 'utf8')).toBe(before)
  expect(readdirSync(home)).toEqual(['passwd'])
})

test.each([
  [
    'a key that is a folder',
    { NOSTR_PRIVATE_KEY: '/tmp' },
    /NOSTR_PRIVATE_KEY: cannot read \/tmp: it is a folder/,
  ],
  ['a key without end', { NOSTR_PRIVATE_KEY: '/dev/zero' }, /NOSTR_PRIVATE_KEY: .*it is not a file/],
  ['a key of zeros', { NOSTR_PRIVATE_KEY: '0'.repeat(64) }, /NOSTR_PRIVATE_KEY/],
  [
    'specs in a folder, with another mistake',
    { POD_SPECS_FILE: '/tmp', MIN_POW: 'x' },
    /MIN_POW.*\/tmp cannot be read: it is a folder/,
  ],
])('%s is a mistake of the configuration', async (_, changes, says) => {
  const home = temporaryFolder('serve-wrong')
  const env = variables({ CASHU_DB_PATH: join(home, 'data', 'p.db'), ...changes })
  expectError(await runCli(SERVE, { home, env }), { exit: 2, code: 'config_invalid', says })
})

test('a folder called .env is a mistake of the configuration, which nobody typed', async () => {
  const home = temporaryFolder('serve-folder')
  mkdirSync(join(home, '.env'))
  const result = await runCli(['serve', '-o', 'json'], { home, env: variables({}), cwd: home })
  expectError(result, { exit: 2, code: 'config_invalid', says: /\.env cannot be read/, hint: /move it away/ })
})

describe('a CASHU_DB_PATH that cannot be used is what the hint speaks of', () => {
  const below = (name: string) => (home: string) => join(home, name, 'p.db')
  const inPlace = (fill: (path: string) => void) => (home: string) => {
    const path = join(home, 'p.db')
    fill(path)
    return path
  }
  const newer = (path: string) => {
    const database = new DatabaseSync(path)
    database.exec(`PRAGMA application_id = ${0x70617967}; PRAGMA user_version = 4000`)
    database.close()
  }
  const CHOOSE = /set CASHU_DB_PATH to a file in another folder/
  const places: [string, (home: string) => string, ExpectedError][] = [
    [
      'below a file',
      (home) => {
        writeFileSync(join(home, 'file'), '')
        return below('file')(home)
      },
      { exit: 1, code: 'home_not_writable', hint: CHOOSE },
    ],
    [
      'where nothing can be made',
      () => '/proc/none/p.db',
      { exit: 1, code: 'home_not_writable', hint: CHOOSE },
    ],
    [
      'a folder',
      (home) => home,
      { exit: 1, code: 'storage_failed', says: /is a folder/, hint: /name a file in it/ },
    ],
    [
      'no database',
      inPlace((path) => writeFileSync(path, 'a letter\n'.repeat(500))),
      { exit: 1, code: 'storage_failed', hint: CHOOSE },
    ],
    ['a newer one', inPlace(newer), { exit: 1, code: 'storage_newer', hint: /update paygress/ }],
    [
      'an emptied one',
      inPlace((path) => writeFileSync(path, '')),
      { exit: 1, code: 'storage_failed', hint: /your copy of the data folder/ },
    ],
  ]
  const asked: [string[], boolean][] = [
    [SERVE, true],
    [['provider', 'earnings', '--backend', 'process', '--dotenv', '/dev/null'], false],
  ]
  test.each(places)('%s', async (_, place, wanted) => {
    for (const [args, isMade] of asked) {
      const home = temporaryFolder('serve-place')
      const env = variables({ CASHU_DB_PATH: place(home) })
      const result = await runCli([...args, '-o', 'json'], { home, env })
      // Books that are nowhere are not made by looking for them.
      if (!isMade && wanted.code === 'home_not_writable')
        expectError(result, { exit: 2, hint: /CASHU_DB_PATH/ })
      else expectError(result, wanted)
      expect(result.stderr).not.toMatch(/PAYGRESS_HOME|wallet restore/)
    }
  })

  test('and a devnet speaks of its --dir', async () => {
    const home = temporaryFolder('devnet-place')
    mkdirSync(join(home, 'provider'))
    writeFileSync(join(home, 'provider', 'paygress.db'), 'a letter\n'.repeat(500))
    const result = await runCli(['devnet', '--dir', home], { home: temporaryFolder('devnet') })
    expectError(result, { exit: 1, says: /not a paygress file/, hint: /another folder: --dir/ })
  })
})
