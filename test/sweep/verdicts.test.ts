// When is a verdict of yesterday still one? As long as neither the program nor anything that judges it has changed.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { buildOf } from './verdicts.ts'

const FILES = [
  'dist/main.js',
  'test/sweep/a.ts',
  'test/oracle/a.ts',
  'test/support/a.ts',
  'test/support/wallet/a.ts',
]

test.each(FILES)('is another build when %s has changed', (path) => {
  const folder = temporaryFolder('verdicts')
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  const build = (): string => buildOf(join(folder, 'bin', 'paygress.js'), join(folder, 'test'))
  for (const file of FILES) write(file, 'as it was')
  const before = build()
  expect(build()).toBe(before)
  write(path, 'changed')
  expect(build()).not.toBe(before)
})
