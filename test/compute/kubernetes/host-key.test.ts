// Does a machine get its host key whatever its tenant left where it belongs? The script that a pod begins with, in a real shell.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { copyHostKey } from '../../../src/compute/kubernetes/pod-template.ts'

const NAME = 'ssh_host_ed25519_key'
let folder: string
let home: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paygress-host-key-'))
  home = join(folder, 'home')
  mkdirSync(home)
  mkdirSync(join(folder, 'access'))
  writeFileSync(join(folder, 'access', NAME), 'the key')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

test.each<[string, (keys: string) => void]>([
  ['nothing', () => undefined],
  ['a file in the place of the folder', (keys) => writeFileSync(keys, 'in the way')],
  ['a link to nowhere in the place of the folder', (keys) => symlinkSync('/nowhere/at/all', keys)],
  [
    'a folder in the place of the key',
    (keys) => mkdirSync(join(keys, NAME, 'full', 'of', 'things'), { recursive: true }),
  ],
  [
    'a link to nowhere in the place of the key',
    (keys) => {
      mkdirSync(keys)
      symlinkSync('/nowhere/at/all', join(keys, NAME))
    },
  ],
])('with %s there the key is put in its place', (_what, leave) => {
  const keys = join(home, 'ssh_host_keys')
  leave(keys)
  execFileSync('/bin/sh', ['-c', copyHostKey(home, join(folder, 'access'))], { stdio: 'pipe' })
  expect(readFileSync(join(keys, NAME), 'utf8')).toBe('the key')
  expect(statSync(join(keys, NAME)).mode & 0o777).toBe(0o600)
})

test('the other keys that the image has made stay', () => {
  const keys = join(home, 'ssh_host_keys')
  mkdirSync(keys)
  writeFileSync(join(keys, 'ssh_host_rsa_key'), 'another key')
  execFileSync('/bin/sh', ['-c', copyHostKey(home, join(folder, 'access'))], { stdio: 'pipe' })
  expect(readFileSync(join(keys, 'ssh_host_rsa_key'), 'utf8')).toBe('another key')
})
