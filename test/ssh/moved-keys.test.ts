// Can a machine still be entered when the data folder with its key has moved?
import { cpSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseOrderId } from '../../src/core/ids.ts'
import { keyFiles, keysFolder } from '../../src/ssh/key-files.ts'
import { sshLauncher } from '../../src/ssh/ssh-launcher.ts'
import { systemRandom } from '../../src/wiring/system.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { testPodNpub } from '../support/test-ids.ts'

test('the key of an order is found in the folder of this home, where it is not where it was', async () => {
  const home = temporaryFolder('home')
  const [before, after] = [join(home, 'before'), join(home, 'after')]
  const { privateKeyPath = '' } = await keyFiles(keysFolder(before), systemRandom).ofOrder(
    parseOrderId('one'),
  )
  const lineOf = (data: string): string =>
    sshLauncher({ state: join(home, 'state'), keys: keysFolder(data) }, '127.0.0.1:9050').commandLine(
      {
        podNpub: testPodNpub(1),
        name: 'coral-tiger-ladder',
        alias: undefined,
        host: '203.0.113.7',
        port: 30_001,
        user: 'ann',
        onion: undefined,
        hostKey: undefined,
        keyPath: privateKeyPath,
        password: undefined,
      },
      { sshOptions: [], command: [], tor: false },
    )
  expect(lineOf(before)).toContain(privateKeyPath)
  cpSync(before, after, { recursive: true })
  // A copy leaves the first where it was: that is the same key.
  expect(lineOf(after)).toContain(privateKeyPath)
  rmSync(before, { recursive: true })
  const found = join(keysFolder(after), 'one.key')
  expect(existsSync(found)).toBe(true)
  expect(lineOf(after)).toContain(found)
})
