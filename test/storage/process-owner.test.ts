import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { currentOwner, isOwnerAlive } from '../../src/storage/process-owner.ts'

const module = join(import.meta.dirname, '../../src/storage/process-owner.ts')

describe('the owner of a piece of work', () => {
  test('is this process, and it is alive', () => {
    expect(currentOwner()).toMatch(new RegExp(`^${process.pid}@`))
    expect(isOwnerAlive(currentOwner())).toBe(true)
  })

  test('is another process until that one has ended', async () => {
    const source = `import { currentOwner } from ${JSON.stringify(module)}
      console.log(currentOwner()); process.stdin.resume()`
    const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const owner = line.toString().trim()
    expect(isOwnerAlive(owner)).toBe(true)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(isOwnerAlive(owner)).toBe(false)
  })

  test('is not a later process that got the same number', () => {
    expect(isOwnerAlive(`${process.pid}@1-00000000`)).toBe(false)
    expect(isOwnerAlive(`${process.ppid}@1-00000000`)).toBe(false)
  })

  test.each(['', 'nobody', '0@1', '-1@1', '12'])('is nobody for "%s"', (owner) => {
    expect(isOwnerAlive(owner)).toBe(false)
  })
})
