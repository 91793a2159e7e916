import { randomBytes } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rentMachine } from './rented-machine.ts'
import type { Finished, RentedMachine } from './rented-machine.ts'

describe('files', { timeout: 20_000 }, () => {
  let rented: RentedMachine
  let there: string
  beforeAll(async () => {
    rented = await rentMachine()
    there = `${rented.machine.host}:`
  })
  afterAll(async () => rented.dispose())

  const sftp = async (...lines: string[]): Promise<Finished> =>
    rented.run('sftp', ['-b', '-', rented.machine.host], `${lines.join('\n')}\n`)

  test('go there and back with scp, whole folders with their modes and times', async () => {
    const local = join(rented.folder, 'local')
    mkdirSync(join(local, 'sub'), { recursive: true })
    const content = randomBytes(3 * 1024 * 1024 + 17)
    writeFileSync(join(local, 'sub', 'data bin'), content, { mode: 0o640 })
    writeFileSync(join(local, 'empty'), '')
    expect(await rented.run('scp', ['-rp', local, there])).toMatchObject({ code: 0, stderr: '' })
    const copied = join(rented.home, 'local', 'sub', 'data bin')
    expect(readFileSync(copied).equals(content)).toBe(true)
    expect(statSync(copied).mode & 0o777).toBe(0o640)
    const seconds = (path: string): number => Math.floor(statSync(path).mtimeMs / 1000)
    expect(seconds(copied)).toBe(seconds(join(local, 'sub', 'data bin')))
    expect(await rented.run('scp', ['-r', `${there}local`, join(rented.folder, 'back')])).toMatchObject({
      code: 0,
    })
    expect(readFileSync(join(rented.folder, 'back', 'sub', 'data bin')).equals(content)).toBe(true)
  })

  test('can be listed, made, renamed, linked, changed and removed with sftp', async () => {
    writeFileSync(join(rented.folder, 'note'), 'hello')
    const result = await sftp(
      'pwd',
      'mkdir box',
      `put ${rented.folder}/note box/one`,
      'rename box/one box/two',
      'ln -s two box/link',
      'chmod 600 box/two',
      'ls -l box',
      'ls -la',
    )
    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(result.stdout).toContain(`Remote working directory: ${rented.home}\n`)
    expect(result.stdout).toMatch(/-rw------- .* 5 .* box\/two\n|-rw------- .* two\n/)
    const box = join(rented.home, 'box')
    expect(readFileSync(join(box, 'link'), 'utf8')).toBe('hello')
    expect(readlinkSync(join(box, 'link'))).toBe('two')
    expect(lstatSync(join(box, 'two')).mode & 0o777).toBe(0o600)
    expect(await sftp('rm box/link', 'rm box/two', 'rmdir box')).toMatchObject({ code: 0 })
    expect(existsSync(box)).toBe(false)
  })

  test('that are not there or not empty are refused by name', async () => {
    expect((await sftp('get nothing')).stderr).toContain('not found')
    mkdirSync(join(rented.home, 'full', 'sub'), { recursive: true })
    expect((await sftp('rmdir full')).code).toBe(1)
    writeFileSync(join(rented.home, 'a'), 'a')
    writeFileSync(join(rented.home, 'b'), 'b')
    expect((await sftp('rename a b')).code).toBe(1)
    expect(readFileSync(join(rented.home, 'b'), 'utf8')).toBe('b')
  })

  test('in a folder of hundreds are all listed', async () => {
    const many = join(rented.home, 'many')
    mkdirSync(many)
    for (let n = 0; n < 300; n++) writeFileSync(join(many, `file-${n}`), '')
    const { stdout } = await sftp('ls -1 many')
    expect(stdout.split('\n').filter((line) => line.includes('many/file-'))).toHaveLength(300)
  })

  test('can be resumed and appended to', async () => {
    const local = join(rented.folder, 'big')
    const content = randomBytes(400_000)
    writeFileSync(local, content)
    writeFileSync(join(rented.home, 'big'), content.subarray(0, 150_000))
    expect(await sftp(`reput ${local} big`)).toMatchObject({ code: 0 })
    expect(readFileSync(join(rented.home, 'big')).equals(content)).toBe(true)
  })
})
