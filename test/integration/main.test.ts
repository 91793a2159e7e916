// How does the program end when it is told to, or when nobody reads it any more?
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

let home = ''
let child: ChildProcess | undefined

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'paygress-main-'))
})

afterEach(() => {
  child?.kill('SIGKILL')
  rmSync(home, { recursive: true, force: true })
})

/** The program with pipes; everything it makes lies below `home`. */
function start(...args: string[]) {
  const env = { ...process.env, PAYGRESS_HOME: join(home, 'home'), TMPDIR: home }
  const started = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  child = started
  let err = ''
  started.stderr.on('data', (data) => (err += String(data)))
  return { child: started, err: () => err }
}

describe('an interruption', () => {
  test('ends the wait for stdin', async () => {
    const { child: reading, err } = start('wallet', 'receive', '-')
    // More than a pipe holds: it is through only when the program reads.
    await new Promise((read) => reading.stdin.write('x'.repeat(500_000), read))
    reading.kill('SIGINT')
    expect(await once(reading, 'close')).toEqual([130, null])
    expect(err()).toMatch(/^error: interrupted\nhint: .*\n$/)
  })

  test('ends the wait for a mint that takes everything and answers nothing', async () => {
    const mint = createServer((socket) => void socket.on('error', () => undefined)).listen(0, '127.0.0.1')
    const asked = once(mint, 'connection')
    await once(mint, 'listening')
    const address = mint.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { child: funding, err } = start('wallet', 'fund', '10', '--mint', `http://127.0.0.1:${port}`)
    await asked
    funding.kill('SIGINT')
    expect(await once(funding, 'close')).toEqual([130, null])
    expect(err()).toMatch(/^error: interrupted .*\nhint: paygress orders recover.*\n$/)
    mint.close()
  })

  test('that comes twice at the same time, as npx and a terminal send it, still ends cleanly', async () => {
    const { child: devnet } = start('devnet', '--no-provider')
    await once(devnet.stdout, 'data')
    devnet.kill('SIGINT')
    devnet.kill('SIGTERM')
    expect(await once(devnet, 'close')).toEqual([0, null])
    expect(readdirSync(home)).toEqual([])
  })
})

describe('a reader that goes away', () => {
  test('ends the program quietly, with everything it started', async () => {
    const { child: demo, err } = start('demo', '-q')
    await once(demo.stdout, 'data')
    demo.stdout.destroy()
    expect(await once(demo, 'close')).toEqual([0, null])
    expect(err()).toBe('')
    expect(readdirSync(home).filter((name) => name.startsWith('paygress-devnet'))).toEqual([])
  })

  test('of notes alone ends nothing', async () => {
    const { child: demo } = start('demo', '-o', 'json')
    demo.stderr.destroy()
    let out = ''
    demo.stdout.on('data', (data) => (out += String(data)))
    expect(await once(demo, 'close')).toEqual([0, null])
    expect(JSON.parse(out)).toMatchObject({ ok: true })
  })
})
