// What does a daemon leave behind that was pointed at the wrong file or key? Nothing, and it says which.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { runCli } from '../support/run-cli.ts'
import { expectError } from '../support/scenario/expect-error.ts'

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
