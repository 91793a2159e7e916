// Does bin/paygress.js start the program, on the right Node, and nothing else?
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const LAUNCHER = resolve(import.meta.dirname, '../../bin/paygress.js')
const OLD_NODE = 'data:text/javascript,Object.defineProperty(process,"versions",{value:{node:"20.20.2"}})'

interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paygress-launcher-'))
  await cp(LAUNCHER, join(folder, 'bin/paygress.js'))
  await put('package.json', '{"type":"module"}')
})

afterEach(() => rm(folder, { recursive: true }))

async function put(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), content)
}

function launch(nodeArgs: string[], ...args: string[]): Promise<Ended> {
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [...nodeArgs, join(folder, 'bin/paygress.js'), ...args],
      (_error, stdout, stderr) => done({ code: child.exitCode, stdout, stderr }),
    )
  })
}

/** What `npm ci` leaves in a checkout: a Node that is new enough. */
async function bringNode(): Promise<void> {
  await mkdir(join(folder, 'node_modules/node/bin'), { recursive: true })
  await symlink(process.execPath, join(folder, 'node_modules/node/bin/node'))
}

describe('the launcher', () => {
  test('runs the built program with its arguments and its exit code', async () => {
    await put('dist/main.js', 'console.log(process.argv.slice(2).join(" ")); process.exitCode = 7')
    expect(await launch([], 'buy', '--for', '2h')).toEqual({ code: 7, stdout: 'buy --for 2h\n', stderr: '' })
  })

  test('hushes the warning about node:sqlite and no other', async () => {
    await put(
      'dist/main.js',
      `process.emitWarning('SQLite is an experimental feature and might change at any time', 'ExperimentalWarning')
       process.emitWarning('the sky is falling')`,
    )
    const { stderr } = await launch([])
    expect(stderr).not.toContain('SQLite')
    expect(stderr).toContain('the sky is falling')
  })

  test('says which Node it needs when this one is too old', async () => {
    await put('dist/main.js', 'console.log("started")')
    const { code, stdout, stderr } = await launch(['--import', OLD_NODE])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^error: paygress needs Node .*\nhint: .*\n$/)
  })

  test('says how a checkout gets a Node that is new enough', async () => {
    await put('dist/main.js', '')
    await put('src/main.ts', '')
    const { stderr } = await launch(['--import', OLD_NODE])
    expect(stderr).toContain('\nhint: npm ci, which brings one\n')
  })

  test('says that a checkout is not built', async () => {
    await put('src/main.ts', '')
    const { code, stderr } = await launch([])
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'error: this checkout of paygress is not built\nhint: npm ci && npm run build\n',
    })
  })

  test('uses the Node of the checkout when this one is too old', async () => {
    await put('dist/main.js', 'console.log(process.versions.node, process.argv[2]); process.exitCode = 3')
    await bringNode()
    const { code, stdout } = await launch(['--import', OLD_NODE], 'offers')
    expect({ code, stdout }).toEqual({ code: 3, stdout: `${process.versions.node} offers\n` })
  })

  test('hands a signal on to the Node of the checkout and ends by what that ends by', async () => {
    await put(
      'dist/main.js',
      `process.on('SIGTERM', () => { console.log('bye'); process.exit(5) })
       setInterval(() => {}, 1000)
       console.log('ready')`,
    )
    await bringNode()
    const child = spawn(process.execPath, ['--import', OLD_NODE, join(folder, 'bin/paygress.js')])
    const heard: string[] = []
    child.stdout.on('data', (data) => heard.push(String(data)))
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    expect(await once(child, 'close')).toEqual([5, null])
    expect(heard.join('')).toBe('ready\nbye\n')
  })
})
