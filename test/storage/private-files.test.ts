import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PaygressError } from '../../src/core/errors.ts'
import {
  ensurePrivateFile,
  readPrivateFile,
  removePrivateFile,
  writePrivateFile,
} from '../../src/storage/private-files.ts'
import { ensurePrivateFolder } from '../../src/storage/private-folder.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'paygress-files-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

describe('a private file', () => {
  test('is readable by its owner alone, in a folder that is the same', () => {
    const path = join(home, 'deep', 'down', 'key')
    writePrivateFile(path, 'secret')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(home, 'deep', 'down')).mode & 0o777).toBe(0o700)
    expect(readPrivateFile(path)).toEqual({ content: 'secret' })
  })

  test.runIf(process.platform === 'linux')(
    'is a file: a folder, a device and a pipe are refused and not waited for',
    () => {
      const pipe = join(home, 'pipe')
      spawnSync('mkfifo', [pipe])
      for (const path of [home, '/dev/zero', pipe])
        expect(() => readPrivateFile(path)).toThrow(expect.objectContaining({ code: 'storage_failed' }))
    },
  )

  test.runIf(process.platform === 'linux')('ends with an error where the file system takes none', () => {
    expect(() => writePrivateFile('/proc/paygress/key', 'secret')).toThrow(
      expect.objectContaining({ code: 'home_not_writable' }),
    )
  })

  test('is replaced whole and leaves no draft behind', () => {
    const path = join(home, 'key')
    writePrivateFile(path, 'a long first version')
    writePrivateFile(path, 'short')
    expect(readFileSync(path, 'utf8')).toBe('short')
    expect(readdirSync(home)).toEqual(['key'])
  })

  test('keeps its old content and no draft where it cannot be replaced', () => {
    const path = join(home, 'key')
    mkdirSync(path)
    expect(() => writePrivateFile(path, 'new')).toThrow(PaygressError)
    expect(readdirSync(home)).toEqual(['key'])
  })

  test('warns where others can read it, with the command that helps', () => {
    const path = join(home, 'key')
    writeFileSync(path, 'secret')
    chmodSync(path, 0o644)
    expect(readPrivateFile(path)?.warning).toContain(`chmod 600 ${path}`)
  })

  test('that is not there reads as undefined and can be removed twice', () => {
    const path = join(home, 'key')
    expect(readPrivateFile(path)).toBeUndefined()
    removePrivateFile(path)
    removePrivateFile(path)
  })

  test('below a file says that the home is not writable, and what to do', () => {
    writeFileSync(join(home, 'file'), '')
    let caught: unknown
    try {
      ensurePrivateFolder(join(home, 'file', 'sub'))
    } catch (error) {
      caught = error
    }
    expect(caught).toMatchObject({ code: 'home_not_writable' })
    expect(caught instanceof PaygressError ? caught.hint : '').toContain('PAYGRESS_HOME')
  })

  test('leaves a folder that stands in its place as it is', () => {
    chmodSync(home, 0o755)
    ensurePrivateFile(home)
    expect(statSync(home).mode & 0o777).toBe(0o755)
  })

  test('in a folder of somebody else says that the home is not writable', () => {
    chmodSync(home, 0o500)
    const source = `import { writePrivateFile } from ${JSON.stringify(join(import.meta.dirname, '../../src/storage/private-files.ts'))}
      // Root may write everywhere, so it is done as nobody: after the import, as a checkout can be closed to others.
      if (process.getuid() === 0) {
        process.setgroups([])
        process.setgid(65534)
        process.setuid(65534)
      }
      try { writePrivateFile(${JSON.stringify(join(home, 'data', 'key'))}, 'x') } catch (error) { console.log(error.code) }`
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
      encoding: 'utf8',
      cwd: '/',
    })
    expect(child.stdout.trim()).toBe('home_not_writable')
  })
})
