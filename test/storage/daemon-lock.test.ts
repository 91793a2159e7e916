import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { takeDaemonLock } from '../../src/storage/daemon-lock.ts'

const module = join(import.meta.dirname, '../../src/storage/daemon-lock.ts')
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paygress-lock-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('the lock of a folder', () => {
  test('is given once and again after its release', () => {
    const lock = takeDaemonLock(folder)
    expect(() => takeDaemonLock(folder)).toThrow(expect.objectContaining({ code: 'busy' }))
    lock.release()
    takeDaemonLock(folder).release()
  })

  test('held by another process names it, even where that one forgot it, and is free the moment that one is killed', async () => {
    const source = `import { takeDaemonLock } from ${JSON.stringify(module)}
      takeDaemonLock(${JSON.stringify(folder)}); gc(); console.log('held'); process.stdin.resume()`
    const args = ['--expose-gc', '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', source]
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    expect(() => takeDaemonLock(folder)).toThrow(`(process ${child.pid}) works on ${folder}`)
    child.kill('SIGKILL')
    await once(child, 'exit')
    takeDaemonLock(folder).release()
  })
})
