// What do mints in bad weather cost a buyer? Time at most: every sat is somewhere, and the program says where.
import { describe, expect, test } from 'vitest'
import { until } from '../support/peers/until.ts'
import { expectError } from '../support/scenario/expect-error.ts'
import { useWeatherWorlds } from '../support/scenario/weather-world.ts'

const { world, closing } = useWeatherWorlds()
const BUY = ['buy', '--spec', 'basic', '--for', '10m', '--yes', '--no-wait', '-o', 'json', '--order', 'o1']

describe('the mint', () => {
  test('down before the payment: exit 3, nothing was spent', async () => {
    const { run, mint, available } = await world()
    for (const path of ['/v1/info', '/v1/keysets', '/v1/keys', '/v1/swap'])
      for (let times = 0; times < 20; times += 1) mint.failNext({ path, kind: 'drop-before' })
    const result = await run(BUY)
    expect(result.code).toBe(3)
    expectError(result, { exit: 3 })
    mint.faults.splice(0)
    for (const limit of [
      ['--max-price', '59'],
      ['--max-rate', '359'],
    ])
      expectError(await run(['buy', '--order', 'o1', '--no-wait', ...limit, '-o', 'json']), {
        exit: 5,
        code: 'price_too_high',
      })
    expect(await available()).toBe(200)
    expect((await run(BUY)).json()).toMatchObject({ state: 'ready' })
    expect(await available()).toBe(140)
  })

  test.each(['drop-before', 'drop-after', '500-after'] as const)(
    'whose answer to the payment is lost (%s): the same order goes on and pays once',
    async (kind) => {
      const { run, mint, available, states, provider } = await world()
      for (let times = 0; times < 6; times += 1) mint.failNext({ path: '/v1/swap', kind })
      for (let times = 0; times < 6; times += 1) mint.failNext({ path: '/v1/restore', kind: 'drop-before' })
      const result = await run(BUY)
      mint.faults.splice(0)
      // With luck the wallet has found its outputs again by itself.
      if (result.code !== 0) expectError(result, { exit: 3, hint: /--order o1/ })
      const again = await run(['buy', '--order', 'o1', '--no-wait', '-o', 'json'])
      expect(again.json()).toMatchObject({ state: 'ready' })
      expect(provider.requests.filter(({ type }) => type === 'spawn')).toHaveLength(1)
      expect(await states()).toEqual(['ready'])
      expect(await available()).toBe(140)
    },
  )

  test('whose answer is found by recovery: it says when the payment is back, by the clock on the wall, and how to go on', async () => {
    const made = await world()
    for (let times = 0; times < 6; times += 1) {
      made.mint.failNext({ path: '/v1/swap', kind: 'drop-after' })
      made.mint.failNext({ path: '/v1/restore', kind: 'drop-before' })
    }
    expectError(await made.run(BUY), { exit: 3, code: 'payment_not_started' })
    expect((await made.run(['orders', 'show', 'o1', '-o', 'json'])).json()).toMatchObject({
      state: 'drafted',
      money: expect.stringMatching(/^the mint has not said whether 60 sat .* set aside; nothing was sent/),
      lock_ends_at: null,
    })
    made.mint.faults.splice(0)
    const ways =
      'paygress buy --order o1 goes on; paygress orders recover takes the money back when the lock has ended'
    const wall = { env: { TZ: 'Asia/Kolkata' } }
    const shown = new RegExp(`lock ends +([-\\d]+ [:\\d]+ \\+05:30), in 1[345]m\\d*s?\\n *next +${ways}\\n`)
    for (const command of [
      ['orders', 'recover'],
      ['orders', 'recover'],
      ['orders', 'show', 'o1'],
    ]) {
      const { stdout } = await made.run(command, wall)
      expect(stdout).toMatch(shown)
      const order = (await made.run(['orders', 'show', 'o1', '-o', 'json'])).json()
      expect(order.state).toBe('locked')
      // The same moment, told twice.
      const local = (shown.exec(stdout)?.[1] ?? '').replace(/^(\S+) (\S+) /, '$1T$2')
      expect(new Date(local).getTime()).toBe(Date.parse(order.lock_ends_at))
    }
    expect((await made.run(['orders', 'recover', '-o', 'json'])).json().open).toMatchObject([
      { order_id: 'o1', state: 'locked', lock_ends_at: expect.stringMatching(/^20.*Z$/) },
    ])
    expect((await made.run(['buy', '--order', 'o1', '--no-wait', '-o', 'json'])).json()).toMatchObject({
      state: 'ready',
    })
    expect((await made.run(['orders', 'show', 'o1', '-o', 'json'])).json().lock_ends_at).toBe(null)
  })

  test('that hangs is waited for as long as --timeout says where it is only asked something', async () => {
    const { run, mint } = await world()
    mint.failNext({ path: '/v1/info', kind: 'hang' })
    const other = ['--profile', 'other', '--timeout', '1s', '-o', 'json']
    expectError(await run(['wallet', 'fund', '5', ...other]), {
      exit: 3,
      code: 'mint_unreachable',
      says: /no answer in 1 s/,
    })
  })

  test('gone after the payment is no trouble for the buyer', async () => {
    const { run, mint, provider } = await world()
    const held = Promise.withResolvers<void>()
    closing.push(async () => held.resolve())
    provider.hold = held.promise
    const buying = run(BUY)
    await until('the request', () => provider.requests.some(({ type }) => type === 'spawn'))
    held.resolve()
    expect((await buying).json()).toMatchObject({ state: 'ready' })
    for (let times = 0; times < 50; times += 1) mint.failNext({ path: '', kind: 'drop-before' })
    expect((await run(['pods', '-o', 'json'])).json().pods).toHaveLength(1)
    expect((await run(['wallet', 'balance', '-o', 'json'])).json().total_sat).toBe(140)
  })

  test('that never hands out what was paid: the order waits and goes on later', async () => {
    const { run, start, mint, available } = await world({ funds: 0, mint: { settleAfterMs: 'manual' } })
    const buying = start([...BUY])
    await buying.says(/^lnbc\w+$/m)
    const stopped = await buying.end('SIGINT')
    expectError(stopped, { exit: 130, hint: /--order o1/ })
    const invoice = /^lnbc\w+$/m.exec(stopped.stderr)?.[0] ?? ''
    await mint.settle(invoice)
    expect((await run(['buy', '--order', 'o1', '--no-wait', '-o', 'json'])).json()).toMatchObject({
      state: 'ready',
    })
    expect(await available()).toBe(0)
  })
})
