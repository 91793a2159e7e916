// Is a file that a person named read whole, and never more, longer or other than it can be?
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readNamedFile } from '../../src/storage/named-file.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paygress-named-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const tooLarge = { code: 'usage', message: expect.stringContaining('larger than 1 MiB') }

function pipe(): string {
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  return path
}

describe('a named file', () => {
  test('is read up to exactly 1 MiB', async () => {
    const path = join(folder, 'file')
    writeFileSync(path, 'x'.repeat(1 << 20))
    expect(await readNamedFile(path)).toHaveLength(1 << 20)
    truncateSync(path, (1 << 20) + 1)
    await expect(readNamedFile(path)).rejects.toMatchObject(tooLarge)
  })

  test('that is not there is nothing', async () => {
    expect(await readNamedFile(join(folder, 'none'))).toBeUndefined()
    writeFileSync(join(folder, 'file'), '')
    expect(await readNamedFile(join(folder, 'file', 'below'))).toBeUndefined()
  })

  test('that is a folder is called one', async () => {
    await expect(readNamedFile(folder)).rejects.toMatchObject({
      code: 'usage',
      message: `${folder} cannot be read: it is a folder`,
    })
  })

  test('that cannot be read says why in plain words', async () => {
    const link = join(folder, 'link')
    symlinkSync(link, link)
    const socket = join(folder, 'socket')
    const server = createServer().listen(socket)
    await once(server, 'listening')
    await expect(readNamedFile(link)).rejects.toThrow('cannot be read: it is a link to itself')
    await expect(readNamedFile(join(folder, 'x'.repeat(300)))).rejects.toThrow(
      'cannot be read: its name is too long',
    )
    await expect(readNamedFile(socket)).rejects.toThrow('cannot be read: it is a socket')
    server.close()
  })

  test('may be a device that never ends, or one that is empty', async () => {
    await expect(readNamedFile('/dev/zero')).rejects.toMatchObject(tooLarge)
    expect(await readNamedFile('/dev/null')).toBe('')
  })

  test('may be a pipe, whose writer may be late', async () => {
    const path = pipe()
    const reading = readNamedFile(path)
    createWriteStream(path).end('from a pipe')
    expect(await reading).toBe('from a pipe')
  })

  test('is given up where the signal fires while nobody writes', async () => {
    const stop = new AbortController()
    const reading = readNamedFile(pipe(), stop.signal)
    stop.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
  })
})
