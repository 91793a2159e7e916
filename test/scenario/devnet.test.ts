// The devnet and the demo as a person has them: they continue where they were, and leave nothing behind.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { freePort } from '../support/peers/free-port.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { until } from '../support/peers/until.ts'
import { runCli, startCli } from '../support/run-cli.ts'
import { startDevnetProcess } from '../support/scenario/devnet-process.ts'
import { expectError } from '../support/scenario/expect-error.ts'

async function listens(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = createConnection({ host: hostname, port: Number(port) })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** Node keeps compiled code there, by design: everything else is ours. */
function leftIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name !== 'node-compile-cache')
}

/** The programs that were started below this one, by pid. */
function childrenOf(pid: number): number[] {
  const path = `/proc/${pid}/task`
  if (!existsSync(path)) return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => parentOf(child) === pid)
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1])
  } catch {
    // It is gone.
    return undefined
  }
}

describe.concurrent('a devnet', () => {
  test('with the same --dir continues where it was: ports, balance, pods', async () => {
    const first = await startDevnetProcess()
    expect((await first.run(['wallet', 'fund', '100'])).code).toBe(0)
    const bought = (await first.run(['buy', '--spec', 'basic', '--for', '5m', '--yes', '-o', 'json'])).json()
    const npub: string = bought.pod_npub
    await first.run(['ssh', npub, '--', 'echo kept > note'])
    expect((await first.stop()).code).toBe(0)
    expect(await listens(first.mint)).toBe(false)

    const second = await startDevnetProcess({ dir: first.dir })
    expect([second.relay, second.mint, second.providerNpub]).toEqual([
      first.relay,
      first.mint,
      first.providerNpub,
    ])
    expect((await second.run(['offers', '-o', 'json'])).json().offers).toHaveLength(3)
    expect((await second.run(['ssh', npub, '--', 'cat note'])).stdout).toBe('kept\n')
    expect((await second.run(['status', npub, '-o', 'json'])).json()).toMatchObject({
      state: 'running',
      expires_at: bought.expires_at,
    })
    await second.process.end('SIGKILL')

    const third = await startDevnetProcess({ dir: first.dir })
    expect((await third.run(['ssh', npub, '--', 'cat note'])).stdout).toBe('kept\n')
    const stopped = (await third.run(['stop', npub, '-o', 'json'])).json()
    expect(stopped.refunded_sat).toBeGreaterThan(0)
    const { total_sat } = (await third.run(['wallet', 'balance', '-o', 'json'])).json()
    expect(total_sat).toBe(100 - bought.paid.amount_sat - bought.paid.fee_sat + stopped.refunded_sat)
    await third.stop()
  })

  test('without a provider has a relay and a mint only', async () => {
    const net = await startDevnetProcess({ args: ['--no-provider'] })
    expect(net.providerNpub).toBeUndefined()
    expect((await net.run(['wallet', 'fund', '10', '-o', 'json'])).json().amount_sat).toBe(10)
    const offers = await net.run(['offers', '-o', 'json'])
    expect(offers.json()).toEqual({ offers: [] })
    expectError(await net.run(['buy', '--spec', 'basic', '--for', '1m', '--yes', '-o', 'json']), {
      exit: 3,
      code: 'no_offer',
    })
  })

  test('prints lines for eval, and leaves no folder, port or process behind after Ctrl-C', async () => {
    const home = temporaryFolder('eval')
    const port = await freePort()
    const tmp = temporaryFolder('tmp')
    const child = startCli(['devnet', '--port', String(port)], { home, env: { TMPDIR: tmp } })
    await until('the exports', () => child.stdout().includes('\n'))
    expect(child.stdout()).toMatch(
      new RegExp(
        `^export PAYGRESS_HOME=\\S+ PAYGRESS_RELAYS=ws://127\\.0\\.0\\.1:${port} PAYGRESS_MINT=http://127\\.0\\.0\\.1:${port + 1}\\n$`,
      ),
    )
    const { execFileSync } = await import('node:child_process')
    const [devHome = '', relay = ''] = execFileSync(
      'bash',
      ['-c', `${child.stdout()} printf '%s\n%s' "$PAYGRESS_HOME" "$PAYGRESS_RELAYS"`],
      { encoding: 'utf8' },
    ).split('\n')
    expect(devHome.startsWith(tmp)).toBe(true)
    const env = { PAYGRESS_RELAYS: relay, PAYGRESS_MINT: `http://127.0.0.1:${port + 1}` }
    const bought = (
      await runCli(['buy', '--spec', 'basic', '--for', '2m', '--yes', '-o', 'json'], { home, env })
    ).json()
    const session = startCli(['ssh', bought.pod_npub, '--', 'echo in; exec sleep 999'], { home, env })
    await until('the login', () => session.stdout().includes('in'))
    const below = childrenOf(child.pid)
    expect(below.length).toBeGreaterThan(0)
    expect((await child.end('SIGINT')).code).toBe(0)
    await session.result
    expect(leftIn(tmp)).toEqual([])
    expect(await listens(`http://127.0.0.1:${port}`)).toBe(false)
    expect(await listens(`http://127.0.0.1:${port + 1}`)).toBe(false)
    expect(await listens(`http://127.0.0.1:${bought.ssh.port}`)).toBe(false)
    await until('the end of what ran in the pods', () => below.every((pid) => !existsSync(`/proc/${pid}`)))
  })

  test('says when its port is taken', async () => {
    const net = await startDevnetProcess({ args: ['--no-provider'] })
    const result = await runCli(['devnet', '--port', new URL(net.relay).port, '-o', 'json'], {
      home: temporaryFolder('port'),
    })
    expectError(result, { exit: 1, says: /cannot listen/ })
  })
})

describe.concurrent('the demo', () => {
  test('as a document has all steps, and leaves nothing behind', async () => {
    const tmp = temporaryFolder('tmp')
    const result = await runCli(['demo', '-o', 'json'], {
      home: temporaryFolder('demo'),
      env: { TMPDIR: tmp },
    })
    const document = result.json()
    expect(document.ok).toBe(true)
    expect(document.steps.map(({ name }: { name: string }) => name)).toEqual([
      'start',
      'offers',
      'fund',
      'buy',
      'ssh',
      'topup',
      'status',
      'stop',
      'balance',
    ])
    for (const { seconds } of document.steps) expect(seconds).toBeTypeOf('number')
    expect(result.code).toBe(0)
    expect(leftIn(tmp)).toEqual([])
  })

  test('with --keep stays up for another terminal', async () => {
    const home = temporaryFolder('keep')
    const tmp = temporaryFolder('tmp')
    const child = startCli(['demo', '--keep'], { home, env: { TMPDIR: tmp } })
    await until('the exports', () => /^export PAYGRESS_HOME=.*\n/m.test(child.stdout()), 60_000)
    expect(child.stdout()).toMatch(/^balance\s+\d+\.\d\d s {2}you \d+ sat \+ provider/m)
    const exports = /^export (.*)$/m.exec(child.stdout())?.[1] ?? ''
    const env = Object.fromEntries(exports.split(' ').map((pair) => pair.split('=') as [string, string]))
    const balance = await runCli(['wallet', 'balance', '-o', 'json'], { home, env })
    expect(balance.json().total_sat).toBeGreaterThan(900)
    expect((await child.end('SIGINT')).code).toBe(0)
    expect(leftIn(tmp)).toEqual([])
  })

  test('interrupted in the middle takes everything down', async () => {
    const tmp = temporaryFolder('tmp')
    const child = startCli(['demo'], { home: temporaryFolder('demo'), env: { TMPDIR: tmp } })
    await until('the purchase', () => child.stdout().includes('fund'))
    const result = await child.end('SIGINT')
    expectError({ ...result, stdout: '' }, { exit: 130 })
    expect(leftIn(tmp)).toEqual([])
    expect(existsSync(join(tmpdir(), 'paygress'))).toBe(false)
  })
})
