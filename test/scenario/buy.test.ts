// Every way to buy: each option does what it says, and each sat is where it says.
import { readFileSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import type { CliResult } from '../support/run-cli.ts'
import { balanceOf, type DevnetProcess, startDevnetProcess } from '../support/scenario/devnet-process.ts'
import { expectError } from '../support/scenario/expect-error.ts'
import { providerBalanceSat } from '../support/scenario/serve-process.ts'

let net: DevnetProcess
const homes: string[] = []

beforeAll(async () => {
  net = await startDevnetProcess()
})

async function person(sat: number): Promise<string> {
  const home = temporaryFolder('buyer')
  homes.push(home)
  if (sat > 0) good(await net.run(['wallet', 'fund', String(sat)], { home }))
  return home
}

function good(result: CliResult): CliResult {
  expect({ code: result.code, stderr: result.code === 0 ? '' : result.stderr }).toEqual({
    code: 0,
    stderr: '',
  })
  return result
}

const BUY = ['buy', '--spec', 'basic', '--yes', '-o', 'json']
const buy = async (home: string, more: string[], stdin?: string) =>
  net.run([...BUY, ...more], { home, ...(stdin === undefined ? {} : { stdin }) })
const total = async (home: string): Promise<number> =>
  good(await net.run(['wallet', 'balance', '-o', 'json'], { home })).json().total_sat

describe.concurrent('a command behind --', () => {
  test('gets its own exit code back, and its output alone is on stdout', async () => {
    const home = await person(100)
    const result = await net.run(
      ['buy', '--spec', 'basic', '--for', '1m', '--yes', '--', 'echo out; echo err >&2; exit 23'],
      { home },
    )
    expect(result.code).toBe(23)
    expect(result.stdout).toBe('out\n')
    expect(result.stderr).toMatch(/^err$/m)
  })

  test.each<[string, string, RegExp, (home: string) => Record<string, string>]>([
    [
      'in a home whose state folder cannot be used',
      'home_not_writable',
      /make \/.*\/state a folder that you can write to, then give the same command again/,
      (home) => {
        writeFileSync(join(home, 'state'), 'a file in the way')
        return {}
      },
    ],
    ['on a machine without ssh', 'ssh_missing', /install the OpenSSH client/, (home) => ({ PATH: home })],
  ])('%s is refused before anything is paid', async (_, code, hint, spoil) => {
    const home = await person(100)
    const env = spoil(home)
    const result = await net.run([...BUY, '--for', '1m', '--', 'true'], { home, env })
    expectError(result, { exit: 1, code, hint })
    expect((await net.run(['orders', 'list', '-o', 'json'], { home })).json()).toEqual({ orders: [] })
    expect(await total(home)).toBe(100)
  })

  test('leaves stdout to the document under -o json', async () => {
    const home = await person(100)
    const result = await buy(home, ['--for', '1m', '--', 'sh', '-c', "'echo from the pod; exit 3'"])
    expect(result.code).toBe(3)
    expect(result.json()).toMatchObject({ state: 'ready', spec_id: 'basic' })
    expect(result.stderr).toContain('from the pod')
  })
})

describe.concurrent('how long and for how much', () => {
  test('--amount never costs more than it says, fees included', async () => {
    const home = await person(100)
    const bought = good(await buy(home, ['--amount', '20'])).json()
    expect(100 - (await total(home))).toBeLessThanOrEqual(20)
    expect(bought.duration_seconds).toBeGreaterThan(100)
    expect(bought.duration_seconds).toBeLessThanOrEqual(200)
  })

  test('--until buys up to that moment', async () => {
    const home = await person(100)
    const end = new Date(Date.now() + 150_000)
    const bought = good(await buy(home, ['--until', end.toISOString()])).json()
    expect(bought.duration_seconds).toBeGreaterThan(120)
    expect(bought.duration_seconds).toBeLessThanOrEqual(150)
  })

  test('--dry-run shows everything and leaves no trace', async () => {
    const home = await person(100)
    const before = net.outstandingSat()
    const plan = good(await buy(home, ['--for', '2m', '--dry-run'])).json()
    expect(plan).toMatchObject({
      dry_run: true,
      kind: 'buy',
      spec_id: 'basic',
      duration_seconds: 120,
      amount_sat: 13,
      fee_sat: 1,
      missing_sat: 0,
      locked: true,
    })
    expect(plan.balance_after_sat).toBe(100 - plan.total_sat)
    expect(await total(home)).toBe(100)
    expect((await net.run(['orders', 'list', '-o', 'json'], { home })).json()).toEqual({ orders: [] })
    const bought = good(await buy(home, ['--for', '2m'])).json()
    expect(plan.total_sat).toBe(14)
    expect(bought.paid).toMatchObject({ amount_sat: plan.amount_sat, fee_sat: plan.fee_sat })
    const shown = (await net.run(['orders', 'list', '-o', 'json'], { home })).json()
    expect(shown.orders).toMatchObject([{ order_id: bought.order_id, amount_sat: plan.amount_sat }])
    expect(before).toBeGreaterThan(0)
  })

  test('a person reads the same: what the provider gets, how much of it is the time, and the fee', async () => {
    const home = await person(100)
    const { stdout } = good(await net.run(['buy', '--spec', 'basic', '--for', '2m', '--dry-run'], { home }))
    expect(stdout).toMatch(
      /^amount +13 sat \(12 sat for the time, 1 sat for the provider's fee at the mint\)\nfee +1 sat\ntotal +14 sat$/m,
    )
  })

  test('a wallet that has too little is funded by exactly the gap, and the purchase goes on', async () => {
    const home = await person(5)
    const result = good(await buy(home, ['--for', '2m']))
    expect(result.stderr).toMatch(/^lnbc\w+$/m)
    const bought = result.json()
    const asked = Number(/pay (\d+) sat/.exec(result.stderr)?.[1])
    expect(await total(home)).toBe(5 + asked - bought.paid.amount_sat - bought.paid.fee_sat)
    expect(await total(home)).toBe(0)
  })

  test('an empty wallet is funded for the whole price', async () => {
    const home = await person(0)
    const bought = good(await buy(home, ['--for', '1m'])).json()
    expect(bought.state).toBe('ready')
    expect(await total(home)).toBe(0)
  })
})

describe.concurrent('the preference max_rate', () => {
  test('holds for buy as it does for offers, and a flag counts more', async () => {
    const home = await person(100)
    good(await net.run(['config', 'set', 'max_rate', '359'], { home }))
    expect((await net.run(['offers', '-o', 'json'], { home })).json().offers).toEqual([])
    expect((await net.run(['offers'], { home })).stderr).toContain(
      'no offer fits within your limit of 359 sat per hour',
    )
    expectError(await buy(home, ['--for', '1m']), { exit: 5, code: 'price_too_high' })
    expect((await net.run(['orders', 'list', '-o', 'json'], { home })).json()).toEqual({ orders: [] })
    expect(await total(home)).toBe(100)
    expect(good(await buy(home, ['--for', '1m', '--max-rate', '360'])).json().state).toBe('ready')
  })
})

describe.concurrent('--order', () => {
  test('repeated never buys twice, and other wishes under it are a conflict', async () => {
    const home = await person(100)
    const first = good(await buy(home, ['--for', '5m', '--order', 'job-1'])).json()
    const left = await total(home)
    const second = good(await buy(home, ['--for', '5m', '--order', 'job-1'])).json()
    expect(second).toEqual(first)
    const resumed = good(await net.run(['buy', '--order', 'job-1', '-o', 'json'], { home })).json()
    expect(resumed.pod_npub).toBe(first.pod_npub)
    expectError(await buy(home, ['--for', '2m', '--order', 'job-1']), { exit: 2, code: 'order_conflict' })
    expect(await total(home)).toBe(left)
    expect((await net.run(['pods', '-o', 'json'], { home })).json().pods).toHaveLength(1)
    const topup = ['topup', first.pod_npub, '--for', '1m', '--yes', '--order', 'more-1', '-o', 'json']
    const [once, twice] = [
      good(await net.run(topup, { home })).json(),
      good(await net.run(topup, { home })).json(),
    ]
    expect(twice.expires_at).toBe(once.expires_at)
    for (const open of [
      ['buy', '--order', 'job-1'],
      ['topup', first.pod_npub, '--order', 'more-1'],
    ])
      expectError(await net.run([...open, '--dry-run', '-o', 'json'], { home }), {
        exit: 2,
        code: 'order_conflict',
      })
  })

  test('given to two commands at once buys once', async () => {
    const home = await person(100)
    const results = await Promise.all([1, 2].map(async () => buy(home, ['--for', '1m', '--order', 'twin'])))
    const won = results.filter(({ code }) => code === 0)
    expect(won.length).toBeGreaterThan(0)
    for (const lost of results.filter(({ code }) => code !== 0)) expectError(lost, { exit: 3, code: 'busy' })
    const after = good(await buy(home, ['--for', '1m', '--order', 'twin'])).json()
    expect((await net.run(['pods', '-o', 'json'], { home })).json().pods).toHaveLength(1)
    expect(await total(home)).toBe(100 - after.paid.amount_sat - after.paid.fee_sat)
  })

  test('two purchases at once in one home are two purchases', async () => {
    const home = await person(100)
    const [one, two] = (await Promise.all([buy(home, ['--for', '1m']), buy(home, ['--for', '1m'])])).map(
      (result) => good(result).json(),
    )
    expect(one.pod_npub).not.toBe(two.pod_npub)
    const paid = [one, two].reduce((sum, { paid: { amount_sat, fee_sat } }) => sum + amount_sat + fee_sat, 0)
    const invoices = (await net.run(['wallet', 'history', '-o', 'json'], { home }))
      .json()
      .history.filter(
        ({ kind, state }: { kind: string; state: string }) => kind === 'fund' && state === 'done',
      )
      .reduce((sum: number, { amount_sat }: { amount_sat: number }) => sum + amount_sat, 0)
    expect(await total(home)).toBe(invoices - paid)
  })
})

describe.concurrent('a token that somebody gave', () => {
  async function token(sat: number): Promise<string> {
    const sent = good(
      await net.run(['wallet', 'send', String(sat), '-o', 'json'], { home: await person(sat + 20) }),
    )
    return sent.json().token
  }

  test('pays from stdin, and what is over stays in the wallet', async () => {
    const home = await person(0)
    const bought = good(await buy(home, ['--for', '2m', '--token', '-'], `${await token(50)}\n`)).json()
    expect(await total(home)).toBe(50 - bought.paid.amount_sat - bought.paid.fee_sat)
  })

  test('pays from a file', async () => {
    const home = await person(0)
    const file = join(home, 'token.txt')
    writeFileSync(file, await token(40))
    expect(good(await buy(home, ['--for', '1m', '--token-file', file])).json().state).toBe('ready')
  })

  test('pays for a top-up once, also where the command is given again', async () => {
    const home = await person(100)
    const { pod_npub: pod } = good(await buy(home, ['--for', '1m'])).json()
    const [stdin, before] = [await token(50), await total(home)]
    const command = ['topup', pod, '--for', '1m', '--token', '-', '--order', 'gift-1', '--yes', '-o', 'json']
    const once = good(await net.run(command, { home, stdin })).json()
    const left = before + 50 - once.paid.amount_sat - once.paid.fee_sat
    expect(await total(home)).toBe(left)
    const again = await net.run(command, { home, stdin })
    expect(again.stderr).toContain('the token was spent before; paying from the wallet')
    expect(again.json()).toEqual(once)
    expect(await total(home)).toBe(left)
  })

  test('that is spent already pays nothing', async () => {
    const home = await person(0)
    const spent = await token(30)
    good(await net.run(['wallet', 'receive', '-'], { home: await person(0), stdin: spent }))
    expectError(await buy(home, ['--for', '1m', '--token', '-'], spent), { exit: 5, code: 'token_spent' })
    expectError(await net.run(['wallet', 'receive', '-', '-o', 'json'], { home, stdin: spent }), {
      exit: 5,
      code: 'token_spent',
    })
  })

  test('of a mint that is not trusted is never asked for at that mint', async () => {
    const home = await person(0)
    const foreign = await token(30)
    const result = await net.run(['wallet', 'receive', '-', '-o', 'json'], {
      home,
      stdin: foreign,
      env: { PAYGRESS_MINT: 'http://127.0.0.1:9' },
    })
    expect([4, 5]).toContain(result.code)
    expectError(result, { exit: result.code })
    good(await net.run(['wallet', 'receive', '-'], { home, stdin: foreign }))
  })

  test('--no-lock pays with a bearer token, and the books add up all the same', async () => {
    const home = await person(100)
    const plan = good(await buy(home, ['--for', '1m', '--no-lock', '--dry-run'])).json()
    expect(plan.locked).toBe(false)
    const bought = good(await buy(home, ['--for', '5m', '--no-lock'])).json()
    expect(100 - (await total(home))).toBe(bought.paid.amount_sat + bought.paid.fee_sat)
    const stopped = good(await net.run(['stop', bought.pod_npub, '-o', 'json'], { home })).json()
    expect(stopped.refunded_sat).toBeGreaterThan(0)
  })
})

describe.concurrent('ways in', () => {
  const ssh = async (home: string, pod: string, command = 'echo in') =>
    net.run(['ssh', pod, '--', command], { home })

  test('a password from stdin opens the machine by askpass', async () => {
    const home = await person(100)
    const bought = good(
      await buy(home, ['--for', '1m', '--password-stdin', '--user', 'mara'], 'correct horse\n'),
    )
    expect(bought.json().ssh.username).toBe('mara')
    expect(bought.json()).not.toHaveProperty('password')
    expect(bought.stdout + bought.stderr).not.toContain('correct horse')
    const entered = await ssh(home, bought.json().pod_npub)
    expect({ code: entered.code, out: entered.stdout, err: entered.stderr }).toMatchObject({
      code: 0,
      out: 'in\n',
    })
  })

  test('a generated password is in the document, and opens the machine', async () => {
    const home = await person(100)
    const bought = good(await buy(home, ['--for', '1m', '--generate-password'])).json()
    expect(bought.password).toMatch(/^\S{12,}$/)
    expect((await ssh(home, bought.pod_npub)).stdout).toBe('in\n')
    const line = await net.run(['ssh', bought.pod_npub, '--print'], { home })
    expect(line.stdout).not.toContain(bought.password)
  })

  test('a machine without an onion address is not entered over Tor, and its buyer reads why', async () => {
    const home = await person(100)
    const bought = good(await buy(home, ['--for', '5m'])).json()
    for (const words of [
      [bought.pod_npub, '--tor', '--print'],
      ['--tor', '--config', bought.pod_npub],
      ['--tor', bought.pod_npub, '--', 'true'],
    ]) {
      const refused = await net.run(['ssh', ...words], { home })
      expect(refused.code).toBe(1)
      expect(refused.stdout).not.toContain('127.0.0.1')
      expect(refused.stderr).toContain('has no onion address')
      expect(refused.stderr).toContain('connects directly')
    }
  })

  test('a key of one’s own opens the machine', async () => {
    const home = await person(100)
    const key = join(home, 'id_own')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
    const bought = good(await buy(home, ['--for', '1m', '--ssh-key', `${key}.pub`])).json()
    expect((await ssh(home, bought.pod_npub)).stdout).toBe('in\n')
    expect((await net.run(['ssh', bought.pod_npub, '--print'], { home })).stdout).toContain('id_own')
    expect(readFileSync(key, 'utf8')).toContain('PRIVATE KEY')
  })

  test('an alias and a prefix name the pod; a second one of the name is not to be had while it lives', async () => {
    const home = await person(200)
    const one = good(await buy(home, ['--for', '5m', '--alias', 'webserver'])).json()
    expect(one).toMatchObject({ alias: 'webserver', ssh: { command: 'paygress ssh webserver' } })
    expect((await ssh(home, 'webserver')).stdout).toBe('in\n')
    expect((await ssh(home, String(one.pod_npub).slice(0, 12))).stdout).toBe('in\n')
    expectError(await net.run(['status', 'websrever', '-o', 'json'], { home }), {
      exit: 2,
      code: 'unknown_pod',
      hint: /did you mean webserver/,
    })
    const left = await total(home)
    const again = ['--for', '5m', '--alias', 'WebServer']
    expectError(await buy(home, again), {
      exit: 2,
      code: 'ambiguous_name',
      says: new RegExp(`a pod that you have: .*${one.pod_npub}.*nothing was paid`),
      hint: /another --alias, or end that one \(paygress stop WebServer\)/,
    })
    expect(await total(home)).toBe(left)
    expect((await net.run(['orders', 'list', '-o', 'json'], { home })).json().orders).toHaveLength(1)
    good(await net.run(['stop', 'WebServer'], { home }))
    expect(good(await buy(home, again)).json().alias).toBe('WebServer')
  })
})

describe('afterwards', () => {
  test('every sat that the mint issued is in one of the wallets', async () => {
    const mine = await Promise.all(homes.map(async (home) => total(home)))
    const theirs = await providerBalanceSat(join(net.dir, 'provider'))
    expect(mine.reduce((sum, sat) => sum + sat, theirs)).toBe(net.outstandingSat())
  })

  test('nothing is left pending or reserved', async () => {
    const all = await Promise.all(homes.map(async (home) => balanceOf(net.run, home)))
    const available = await Promise.all(homes.map(async (home) => total(home)))
    expect(all).toEqual(available)
  })
})
