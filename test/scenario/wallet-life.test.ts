// Does a wallet outlive its disk, and say so in plain words? The built program against a devnet's mint.
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startFaultyMint } from '../support/faulty-mint.ts'
import { unusedAddress } from '../support/faulty-relay.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { until } from '../support/peers/until.ts'
import { runCli, startCli } from '../support/run-cli.ts'
import { type DevnetProcess, startDevnetProcess } from '../support/scenario/devnet-process.ts'
import { expectError } from '../support/scenario/expect-error.ts'

let net: DevnetProcess

beforeAll(async () => {
  net = await startDevnetProcess()
  return async () => net.stop()
})

describe('the 12 words', () => {
  test('are not shown by chance', async () => {
    const result = await net.run(['wallet', 'words'])
    expectError(result, { exit: 4, hint: /wallet words --reveal/ })
    expect(result.stdout).toBe('')
  })

  test('bring all of a wallet back, once', async () => {
    const home = temporaryFolder('lost')
    expect((await net.run(['wallet', 'fund', '77'], { home })).code).toBe(0)
    const shown = await net.run(['wallet', 'words', '--reveal', '-q'], { home })
    expect(shown.stdout.trim().split(' ')).toHaveLength(12)
    rmSync(join(home, 'data'), { recursive: true })

    const restored = await net.run(['wallet', 'restore', '-', '-o', 'json'], { home, stdin: shown.stdout })
    expect(restored.json()).toMatchObject({
      restored_sat: 77,
      mints: [{ url: net.mint, restored_sat: 77, unusable_coins: 0 }],
    })
    expect(restored.stderr).toMatch(/keyset [0-9a-f]+ up to 250: 77 sat in \d coins so far/)
    expect((await net.run(['wallet', 'balance', '-o', 'name'], { home })).stdout).toBe('77\n')
    expect((await net.run(['wallet', 'words', '--reveal', '-q'], { home })).stdout).toBe(shown.stdout)

    const file = join(temporaryFolder('paper'), 'words.txt')
    writeFileSync(file, shown.stdout)
    const again = await net.run(['wallet', 'restore', '--words-file', file, '-o', 'name'], { home })
    expect(again.stdout).toBe('0\n')
  })

  test('bring the money back when the disk is lost, but no machine: a copy of the data folder has that', async () => {
    const home = temporaryFolder('lost')
    await net.run(['wallet', 'fund', '100'], { home })
    const buy = ['buy', '--spec', 'basic', '--for', '5m', '--yes', '-o', 'json']
    const { pod_npub: pod } = (await net.run(buy, { home })).json()
    const words = (await net.run(['wallet', 'words', '--reveal', '-q'], { home })).stdout
    const left = (await net.run(['wallet', 'balance', '-o', 'name'], { home })).stdout
    const copied = temporaryFolder('copied')
    cpSync(join(home, 'data'), join(copied, 'data'), { recursive: true })
    rmSync(join(home, 'data'), { recursive: true })

    const restored = await net.run(['wallet', 'restore', '-', '-o', 'name'], { home, stdin: words })
    expect(restored.stdout).toBe(left)
    expect((await net.run(['pods', '-o', 'name'], { home })).stdout).toBe('')
    expectError(await net.run(['ssh', pod, '--', 'echo', 'in'], { home }), { exit: 2, code: 'unknown_pod' })
    expect((await net.run(['ssh', pod, '--', 'echo', 'in'], { home: copied })).stdout).toBe('in\n')
    const stopped = await net.run(['stop', pod, '-o', 'json'], { home: copied })
    expect(stopped.json().refunded_sat).toBeGreaterThan(0)
  })

  test('go on after a kill, and count no coin twice', async () => {
    const mint = await startFaultyMint()
    onTestFinished(async () => mint.close())
    const env = { PAYGRESS_MINT: mint.url }
    const lost = temporaryFolder('lost')
    await runCli(['wallet', 'fund', '77'], { home: lost, env })
    const words = (await runCli(['wallet', 'words', '--reveal', '-q'], { home: lost })).stdout
    const home = temporaryFolder('again')
    // The second search is never answered.
    mint.failNext({ path: '/v1/restore', kind: 'hang', after: '/v1/checkstate' })
    const running = startCli(['wallet', 'restore', '-'], { home, env, stdin: words })
    await running.says('77 sat in')
    await until('the second search', () => mint.faults.length === 0)
    expect((await running.end('SIGKILL')).code).toBe(137)

    const again = await runCli(['wallet', 'restore', '-', '-o', 'json'], { home, env, stdin: words })
    expect(again.json()).toMatchObject({ restored_sat: 0 })
    expect((await runCli(['wallet', 'balance', '-o', 'name'], { home, env })).stdout).toBe('77\n')
    const token = await runCli(['wallet', 'send', '70', '-o', 'name'], { home, env })
    const taken = await runCli(['wallet', 'receive', '-', '-o', 'json'], {
      home: lost,
      env,
      stdin: token.stdout,
    })
    expect(taken.json()).toMatchObject({ received_sat: 70 })
  })

  test('are asked for without showing them on a terminal', async () => {
    const lost = temporaryFolder('typed-from')
    await net.run(['wallet', 'fund', '21'], { home: lost })
    const words = (await net.run(['wallet', 'words', '--reveal', '-q'], { home: lost })).stdout.trim()
    const running = net.start(['wallet', 'restore'], { home: temporaryFolder('typed'), tty: true })
    await running.says('the 12 words')
    running.type(`${words}\r`)
    const { stdout, code } = await running.result
    expect(stdout).toMatch(/21 sat came back/)
    expect(stdout).not.toContain(words.split(' ').slice(0, 3).join(' '))
    expect(code).toBe(0)
  })

  test('are refused on the command line, and wherever they are none or another wallet is', async () => {
    const home = temporaryFolder('wrong')
    const words = 'abandon '.repeat(11)
    expectError(await net.run(['wallet', 'restore', `${words}about`], { home }), {
      exit: 2,
      hint: /restore - </,
    })
    expectError(await net.run(['wallet', 'restore'], { home }), { exit: 4, hint: /--words-file/ })
    expectError(await net.run(['wallet', 'restore', '-'], { home, stdin: `${words}abandon` }), {
      exit: 2,
      says: /checksum/,
    })
    await net.run(['wallet', 'fund', '5'], { home })
    expectError(await net.run(['wallet', 'restore', '-'], { home, stdin: `${words}about` }), {
      exit: 1,
      says: /nothing was changed/,
      hint: /--profile/,
    })
    expect((await net.run(['wallet', 'balance', '-o', 'name'], { home })).stdout).toBe('5\n')
  })
})

describe('the mints of a wallet', () => {
  test('are those that answered: one that never did is not trusted by naming it', async () => {
    const home = temporaryFolder('mistyped')
    const nobody = (await unusedAddress()).replace('ws:', 'http:')
    const refused = await runCli(['wallet', 'fund', '10', '--mint', nobody], { home })
    expectError(refused, { exit: 3, says: /does not answer/ })
    expect((await runCli(['wallet', 'mints', '-o', 'json'], { home })).json()).toEqual({ mints: [] })
  })

  test('are added, listed and removed; what is none of them cannot be removed', async () => {
    const home = temporaryFolder('mints')
    const mints = async (...args: string[]) => runCli(['wallet', 'mints', ...args, '-o', 'json'], { home })
    expect((await mints('add', net.mint)).json()).toEqual({ mints: [{ url: net.mint, trusted: true }] })
    expect((await mints('remove', net.mint)).json()).toEqual({ mints: [{ url: net.mint, trusted: false }] })
    const unknown = await mints('remove', 'https://mint.example.com')
    expectError(unknown, { exit: 2, says: /not a mint of this wallet/, hint: /wallet mints/ })
    expect((await mints()).json()).toEqual({ mints: [{ url: net.mint, trusted: false }] })
  })
})

test('a mint that was trusted is paid into, one that is so no more only by a new word', async () => {
  const giver = temporaryFolder('giver')
  const home = temporaryFolder('trusting')
  await net.run(['wallet', 'fund', '50'], { home: giver })
  const token = (await net.run(['wallet', 'send', '20', '-o', 'name'], { home: giver })).stdout
  const take = async () => runCli(['wallet', 'receive', '-', '-o', 'json'], { home, stdin: token })
  await runCli(['wallet', 'mints', 'trust', net.mint], { home })
  await runCli(['wallet', 'mints', 'remove', net.mint], { home })
  expectError(await take(), { exit: 4, code: 'mint_not_trusted', hint: /wallet mints trust|--mint/ })
  const trusted = await runCli(['wallet', 'mints', 'trust', net.mint, '-o', 'json'], { home })
  expect(trusted.json()).toEqual({ mints: [{ url: net.mint, trusted: true }] })
  expect((await take()).json()).toMatchObject({ received_sat: 20 })
})

describe('wallet recover', () => {
  test('says that nothing is open where nothing is', async () => {
    const { stdout } = await net.run(['wallet', 'recover'], { home: temporaryFolder('idle') })
    expect(stdout).toBe('nothing is open\n')
  })

  test('says what became of each movement that was open', async () => {
    const mint = await startFaultyMint()
    onTestFinished(async () => mint.close())
    const settings = { home: temporaryFolder('killed'), env: { PAYGRESS_MINT: mint.url } }
    await runCli(['wallet', 'fund', '100'], settings)
    mint.failNext({ path: '/v1/swap', kind: 'hang' })
    const running = startCli(['wallet', 'send', '10'], settings)
    await until('the swap', () => mint.faults.length === 0)
    expect((await running.end('SIGKILL')).code).toBe(137)
    const { ended, open } = (await runCli(['wallet', 'recover', '-o', 'json'], settings)).json()
    expect(open).toEqual([])
    const { history } = (await runCli(['wallet', 'history', '-o', 'json'], settings)).json()
    const sent = history.filter(({ kind }: { kind: string }) => kind === 'send')
    expect(sent).toHaveLength(1)
    expect(ended.map((row: Record<string, unknown>) => row.operation_id)).toEqual([sent[0].operation_id])
  })
})

test('a file that is no database is named, and stays as it is', async () => {
  const home = temporaryFolder('damaged')
  await runCli(['pods'], { home })
  const { stdout: identity } = await runCli(['identity', 'show'], { home })
  const file = join(home, 'data', 'paygress.db')
  const broken = `broken${readFileSync(file).toString('latin1').slice(6)}`
  writeFileSync(file, broken, 'latin1')
  for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
  const result = await runCli(['wallet', 'balance'], { home })
  expectError(result, { exit: 1, says: /paygress\.db/, hint: /wallet restore/ })
  expect(readFileSync(file).toString('latin1')).toBe(broken)
  // Who one is stands elsewhere.
  expect((await runCli(['identity', 'show'], { home })).stdout).toBe(identity)
  expect(identity).toContain('npub1')
})

test('a damaged wallet is set aside and named, and the words bring its money back', async () => {
  const home = temporaryFolder('broken')
  await net.run(['wallet', 'fund', '33'], { home })
  const words = (await net.run(['wallet', 'words', '--reveal', '-q'], { home })).stdout
  const file = join(home, 'data', 'paygress.db')
  const sound = readFileSync(file)
  // The first page's header says that this is our database; what comes behind it is noise.
  const broken = Buffer.concat([sound.subarray(0, 100), Buffer.alloc(sound.length - 100, 0xa5)])
  writeFileSync(file, broken)

  const result = await net.run(['wallet', 'balance'], { home })
  expectError(result, { exit: 1, says: /was moved to .*paygress\.db\.damaged-/, hint: /wallet restore/ })
  const aside = /moved to (\S+)/.exec(result.stderr)?.[1] ?? ''
  expect(readFileSync(aside).equals(broken)).toBe(true)

  // A script may go on, and after `pods` the new file is there.
  expect((await net.run(['pods'], { home })).code).toBe(0)
  const isNew = new RegExp(`this wallet is a new one; .* kept as ${aside}; paygress wallet restore`)
  expect((await net.run(['wallet', 'balance'], { home })).stderr).toMatch(isNew)
  expect((await net.run(['wallet', 'restore', '-', '-o', 'name'], { home, stdin: words })).stdout).toBe(
    '33\n',
  )
  expect((await net.run(['wallet', 'balance'], { home })).stderr).not.toContain('new one')
})
