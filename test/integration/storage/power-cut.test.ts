// What of a home survives a power cut? All that was reported as kept; and a file that nobody synced does not, so that this test would notice.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openDatabase } from '../../../src/storage/database.ts'
import { temporaryFolder } from '../../support/peers/temporary-folder.ts'

test('the key, what was committed, and the copy from before a migration survive a power cut right after they were new', () => {
  const root = join(temporaryFolder('power'), 'home')
  mkdirSync(root)
  const diskModule = fileURLToPath(new URL('../../sweep/register-disk.ts', import.meta.url))
  const child = fileURLToPath(new URL('power-child.ts', import.meta.url))
  const ended = spawnSync(process.execPath, ['--import', diskModule, child], {
    env: { ...process.env, SWEEP_DISK: root },
    encoding: 'utf8',
  })
  expect({ signal: ended.signal, stderr: ended.stderr }).toMatchObject({ signal: 'SIGKILL' })
  const folder = join(root, 'new', 'data')
  expect(existsSync(join(folder, 'careless'))).toBe(false)
  expect(readFileSync(join(folder, 'identity'), 'utf8')).toMatch(/^nsec1\w+\n$/)
  expect(statSync(join(folder, 'paygress.db.format-1')).size).toBeGreaterThan(0)
  const first = { version: 1, up: '' }
  const database = openDatabase(join(folder, 'paygress.db'), {
    applicationId: 7,
    migrations: [first, { version: 2, up: '' }],
  })
  expect(database.all('SELECT text FROM note')).toEqual([{ text: 'committed' }])
  database.close()
})
