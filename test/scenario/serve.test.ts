// The provider daemon as an operator runs it: its configuration, its restarts, its clean end, its machines' ends, and its silence about secrets.
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startFaultyMint, type FaultyMint } from '../support/faulty-mint.ts'
import { startRelay, type RunningRelay } from '../../src/devnet/relay/start-relay.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { until } from '../support/peers/until.ts'
import { type CliOptions, type CliResult, runCli, type RunningCli, startCli } from '../support/run-cli.ts'
import { expectError } from '../support/scenario/expect-error.ts'
import {
  launchServe,
  providerBalanceSat,
  type ServeProcess,
  startServe,
} from '../support/scenario/serve-process.ts'

let mint: FaultyMint
let relay: RunningRelay
let dir: string
let home: string
const running: RunningCli[] = []

beforeEach(async () => {
  mint = await startFaultyMint({ units: [{ unit: 'sat', inputFeePpk: 100 }] })
  relay = await startRelay({ auth: true })
  dir = temporaryFolder('provider')
  home = temporaryFolder('tenant')
})
afterEach(async () => {
  for (const child of running.splice(0)) if (!child.hasExited()) await child.end('SIGKILL')
  await relay.close()
  await mint.close()
})

async function serve(env: Record<string, string> = {}): Promise<ServeProcess> {
  const started = await startServe({
    dir,
    relays: [relay.url],
    mints: [mint.url],
    env,
  })
  running.push(started.process)
  return started
}

const options = (more: Partial<CliOptions> = {}): CliOptions => ({
  home,
  ...more,
  env: { PAYGRESS_RELAYS: relay.url, PAYGRESS_MINT: mint.url, ...more.env },
})
const run = async (args: readonly string[], more?: Partial<CliOptions>): Promise<CliResult> =>
  runCli(args, options(more))
const start = (args: readonly string[]): RunningCli => {
  const child = startCli(args, options())
  running.push(child)
  return child
}
const json = async (args: readonly string[]) => {
  const result = await run([...args, '-o', 'json'])
  expect({ args, code: result.code, stderr: result.code === 0 ? '' : result.stderr }).toEqual({
    args,
    code: 0,
    stderr: '',
  })
  return result.json()
}
const BUY = ['buy', '--spec', 'basic', '--for', '2m', '--yes', '--order', 'o1']

async function expectBooks(): Promise<void> {
  const { total_sat: mine } = await json(['wallet', 'balance'])
  expect(mine + (await providerBalanceSat(dir))).toBe(Number(mint.stats().outstanding))
}

describe('the configuration', () => {
  test('is checked whole: every mistake at once, each with an example, exit 2', async () => {
    const result = await runCli(['serve', '--backend', 'process', '-o', 'json'], {
      home: dir,
      env: {
        NOSTR_RELAYS: 'http://x',
        WHITELISTED_MINTS: '',
        POD_SPECS: '[{"id":"basic"}]',
        MINIMUM_POD_DURATION_SECONDS: '-3',
        MAX_UNPAID_LEASES: 'many',
        NOSTR_PRIVATE_KEY: 'nsec1thisisnotakey',
      },
    })
    const error = expectError(result, { exit: 2, code: 'config_invalid' })
    const { problems } = error.details as { problems: string[] }
    for (const name of [
      'NOSTR_RELAYS',
      'WHITELISTED_MINTS',
      'POD_SPECS',
      'MINIMUM_POD_DURATION_SECONDS',
      'MAX_UNPAID_LEASES',
    ])
      expect(problems).toContainEqual(expect.stringMatching(new RegExp(`^${name}`)))
    expect(problems.join('\n')).toContain('example: NOSTR_RELAYS=')
    expect(result.stdout + result.stderr).not.toContain('nsec1thisisnotakey')
  })

  test('refuses process pods on a relay that others can reach', async () => {
    const child = launchServe({ dir, relays: ['wss://relay.example.com'], mints: [mint.url] })
    running.push(child)
    expectError(await child.result, { exit: 2, says: /isolation/ })
  })

  test('allows one daemon per folder', async () => {
    await serve()
    const second = launchServe({ dir, relays: [relay.url], mints: [mint.url] })
    running.push(second)
    expectError(await second.result, { exit: 3, says: /another paygress/ })
  })
})

describe('the end', () => {
  test('by SIGTERM is clean: within 20 s, exit 0, the offer is withdrawn, pods live on after the restart', async () => {
    const { process: daemon } = await serve()
    await json(['wallet', 'fund', '100'])
    const pod = await json(BUY)
    const startedAt = performance.now()
    const ended = await daemon.end('SIGTERM')
    expect({ code: ended.code, tail: ended.code === 0 ? '' : ended.stderr.slice(-2_000) }).toEqual({
      code: 0,
      tail: '',
    })
    expect(performance.now() - startedAt).toBeLessThan(20_000)
    expect((await run(['offers', '-o', 'json'])).json().offers ?? []).toEqual([])
    await serve()
    expect((await run(['ssh', pod.pod_npub, '--', 'echo again'])).stdout).toBe('again\n')
    expect(await json(['status', pod.pod_npub])).toMatchObject({
      state: 'running',
      expires_at: pod.expires_at,
    })
    await json(['stop', pod.pod_npub])
    await expectBooks()
  })

  test('asked for twice comes at once, and the order that was on its way goes on after the restart', async () => {
    const { process: daemon } = await serve()
    await json(['wallet', 'fund', '100'])
    const reached = Promise.withResolvers<void>()
    mint.failNext({ path: '/v1/swap', kind: 'hang', after: '/v1/checkstate', hung: reached.resolve })
    const buying = start([...BUY, '-o', 'json'])
    await reached.promise
    // Asked once it waits for its orders and then ends with 0.
    daemon.signal('SIGTERM')
    await until('the first signal', () => daemon.stderr().includes('"msg":"stopping"'))
    // What comes sooner may be the same key stroke, passed on by somebody else.
    await pause(400)
    daemon.signal('SIGTERM')
    await until('the end', () => daemon.hasExited(), 2_000)
    expect((await daemon.result).code).toBe(130)
    await serve()
    expect((await buying.result).json()).toMatchObject({ order_id: 'o1', state: 'ready' })
    await expectBooks()
  })

  test('of a lease comes within 2 s of its paid time', async () => {
    await serve({ MINIMUM_POD_DURATION_SECONDS: '3' })
    await json(['wallet', 'fund', '100'])
    const pod = await json(['buy', '--spec', 'basic', '--for', '15s', '--yes'])
    const session = start(['ssh', pod.pod_npub, '--', 'echo in; exec sleep 600'])
    await until('the login', () => session.stdout().includes('in'))
    const open = connect(pod.ssh.port, pod.ssh.host)
    open.resume()
    await once(open, 'close')
    const late = Date.now() - Date.parse(pod.expires_at)
    expect((await session.result).code).toBe(255)
    expect(late).toBeLessThan(2_000)
    expect(late).toBeGreaterThan(-1_500)
    expectError(await run(['ssh', pod.pod_npub, '--', 'echo in']), { exit: 1, says: /is over/ })
    expect((await json(['pods'])).pods).toEqual([])
    expect((await json(['pods', '--all'])).pods[0].state).toBe('expired')
  })
})

describe('killed', () => {
  test.each(['hang', 'drop-after'] as const)(
    'between authorising and replying, while the mint answers its capture with %s: after a restart the pod is there, paid once',
    async (kind) => {
      const { process: daemon } = await serve()
      await json(['wallet', 'fund', '100'])
      const after = '/v1/checkstate'
      for (let times = 0; times < 4; times += 1) mint.failNext({ path: '/v1/swap', kind, after })
      for (let times = 0; times < 4; times += 1)
        mint.failNext({ path: '/v1/restore', kind: 'drop-before', after })
      const buying = start([...BUY, '-o', 'json'])
      await until('the capture', () => {
        const authorised = mint.requests.findIndex(({ path }) => path.endsWith(after))
        return (
          authorised >= 0 && mint.requests.slice(authorised).some(({ path }) => path.endsWith('/v1/swap'))
        )
      })
      await daemon.end('SIGKILL')
      mint.faults.splice(0)
      await serve()
      const bought = await buying.result
      expect({ code: bought.code, stderr: bought.code === 0 ? '' : bought.stderr }).toEqual({
        code: 0,
        stderr: '',
      })
      expect(bought.json()).toMatchObject({ order_id: 'o1', state: 'ready' })
      expect((await run(['ssh', bought.json().pod_npub, '--', 'echo in'])).stdout).toBe('in\n')
      expect((await json(['pods'])).pods).toHaveLength(1)
      const { total_sat: mine } = await json(['wallet', 'balance'])
      expect(mine).toBe(100 - bought.json().paid.amount_sat - bought.json().paid.fee_sat)
      await expectBooks()
    },
  )

  test('before it has seen the request: the request waits on the relay and is served once', async () => {
    const { process: daemon } = await serve()
    await json(['wallet', 'fund', '100'])
    const buying = start([...BUY, '-o', 'json'])
    await buying.says(/^paying$/m)
    await daemon.end('SIGKILL')
    await buying.says('waiting for the provider')
    await serve()
    const bought = await buying.result
    expect(bought.json()).toMatchObject({ order_id: 'o1', state: 'ready' })
    await expectBooks()
  })

  test('and the buyer too: the answer waits on the relay for the next command', async () => {
    const { process: daemon } = await serve()
    await json(['wallet', 'fund', '100'])
    const buying = start([...BUY, '-o', 'json'])
    await until('the request', () => daemon.stderr().includes('o1'))
    await Promise.all([buying.end('SIGKILL'), daemon.end('SIGKILL')])
    await serve()
    await until('the order’s end', async () => {
      const { recovered, open } = (await run(['orders', 'recover', '-o', 'json'])).json()
      return recovered.length > 0 || open.length === 0
    })
    expect((await json(['orders', 'list'])).orders[0].state).toBe('ready')
    await expectBooks()
  })
})

describe('secrets', () => {
  test('are in no log, no argument and no environment of a child; files are for their owner alone', async () => {
    const { process: daemon } = await serve()
    await json(['wallet', 'fund', '300'])
    const sent = await json(['wallet', 'send', '100'])
    const seen: string[] = []
    const password = 'hunter2-hunter2'
    const buying = startCli(
      ['buy', '--spec', 'basic', '--for', '1m', '--yes', '--password-stdin', '--', 'echo in; sleep 1'],
      options({ stdin: `${password}\n` }),
    )
    running.push(buying)
    while (!buying.hasExited()) {
      seen.push(...processTexts([buying.pid, daemon.pid]))
      await new Promise((resolve) => setImmediate(resolve))
    }
    const bought = await buying.result
    expect({ code: bought.code, stderr: bought.code === 0 ? '' : bought.stderr }).toEqual({
      code: 0,
      stderr: '',
    })
    expect(seen.some((text) => text.includes('StrictHostKeyChecking'))).toBe(true)
    await json(['stop', (await json(['pods'])).pods[0].pod_npub])
    const key = readFileSync(join(dir, 'identity'), 'utf8').trim()
    const own = readFileSync(join(home, 'data', 'identity'), 'utf8').trim()
    const log = daemon.stderr() + daemon.stdout()
    expect(log.split('\n').length).toBeGreaterThan(5)
    for (const text of [log, bought.stderr, ...new Set(seen)]) {
      expect(text).not.toMatch(/cashu[AB][A-Za-z0-9_-]{20}/)
      expect(text).not.toMatch(/nsec1[a-z0-9]{20}/)
      for (const secret of [password, String(sent.token), key, own]) expect(text).not.toContain(secret)
    }
    for (const folder of [dir, join(home, 'data')]) expectPrivate(folder)
  })
})

function processTexts(parents: readonly number[]): string[] {
  const wanted = new Set(parents)
  const texts: string[] = []
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const stat = read(`/proc/${pid}/stat`)
    const parent = Number(/\) \S (\d+)/.exec(stat)?.[1])
    if (!wanted.has(Number(pid)) && !wanted.has(parent)) continue
    wanted.add(Number(pid))
    texts.push(read(`/proc/${pid}/cmdline`), wanted.has(parent) ? read(`/proc/${pid}/environ`) : '')
  }
  return texts.filter((text) => text !== '')
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // The process is gone.
    return ''
  }
}

function expectPrivate(folder: string): void {
  expect(existsSync(folder)).toBe(true)
  const open = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes('/machines/'))
    .filter((path) => (statSync(path).mode & 0o077) !== 0)
  expect(open).toEqual([])
}
