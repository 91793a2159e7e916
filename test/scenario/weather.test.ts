// What do relays, mints and providers in bad weather cost a buyer? Time at most: every sat is somewhere, and the program says where.
import { afterEach, describe, expect, test } from 'vitest'
import { closedWith, silence, startSilentPort, unusedAddress, withoutEose } from '../support/faulty-relay.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { until } from '../support/peers/until.ts'
import { runCli } from '../support/run-cli.ts'
import { expectError } from '../support/scenario/expect-error.ts'
import {
  startWeatherWorld,
  type WeatherOptions,
  type WeatherWorld,
} from '../support/scenario/weather-world.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function world(options: WeatherOptions = {}): Promise<WeatherWorld> {
  const made = await startWeatherWorld(options)
  closing.push(async () => made.close())
  return made
}

const RECOVER = ['orders', 'recover', '--timeout', '1s', '-o', 'json']
const BUY = ['buy', '--spec', 'basic', '--for', '10m', '--yes', '--no-wait', '-o', 'json', '--order', 'o1']

describe('relays', () => {
  test('a wrong address and nobody at all: exit 3, quickly, and nothing was spent', async () => {
    const home = temporaryFolder('no-relay')
    const dead = [await unusedAddress(), await unusedAddress()].join(',')
    const offers = await runCli(['offers', '-o', 'json'], { home, env: { PAYGRESS_RELAYS: dead } })
    expectError(offers, { exit: 3, code: 'relays_unreachable', says: /127\.0\.0\.1/ })
    expect(offers.ms).toBeLessThan(6_000)
    const buy = await runCli([...BUY, '--mint', 'http://127.0.0.1:9'], {
      home,
      env: { PAYGRESS_RELAYS: dead },
    })
    expectError(buy, { exit: 3, code: 'relays_unreachable' })
    const name = await runCli(['offers', '-o', 'json'], {
      home,
      env: { PAYGRESS_RELAYS: 'wss://no-such-relay.invalid' },
    })
    expectError(name, { exit: 3, code: 'relays_unreachable', says: /no-such-relay\.invalid/ })
  })

  test('a dead one and one that hangs delay nothing that another one can serve', async () => {
    const { run, relay, provider } = await world()
    const hangs = await startSilentPort()
    closing.push(async () => hangs.close())
    const alone = await run(['offers', '-o', 'json'])
    const many = { env: { PAYGRESS_RELAYS: [await unusedAddress(), hangs.url, relay.url].join(',') } }
    const offers = await run(['offers', '-o', 'json'], many)
    expect(offers.json().offers).toHaveLength(1)
    expect(offers.ms).toBeLessThan(alone.ms + 2_500)
    const bought = await run(BUY, many)
    expect(bought.json()).toMatchObject({ state: 'ready' })
    expect(bought.ms).toBeLessThan(10_000)
    expect(provider.requests.filter(({ type }) => type === 'spawn')).toHaveLength(1)
  })

  test('one that never says it has sent all still gives its offers', async () => {
    const { run, relay } = await world()
    relay.faults = withoutEose
    const offers = await run(['offers', '-o', 'json'])
    expect(offers.json().offers).toHaveLength(1)
    expect((await run(BUY)).json()).toMatchObject({ state: 'ready' })
  })

  test('one that takes everything and answers nothing is as good as dead', async () => {
    const { run, relay } = await world()
    relay.faults = silence
    expectError(await run(['offers', '-o', 'json']), { exit: 3 })
    relay.faults = closedWith('error: shutting down')
    expectError(await run(['offers', '-o', 'json']), { exit: 3 })
  })

  test('one that dies after the payment was locked: nothing was sent, and both ways on work', async () => {
    const { run, relay, mint, available, states } = await world()
    const dying = run([...BUY, '--timeout', '3s'])
    await until('the payment', () => mint.requests.some(({ path }) => path.endsWith('/v1/swap')))
    await relay.die()
    const result = await dying
    expect([3, 7]).toContain(result.code)
    await relay.comeBack()
    expect((await run(['buy', '--order', 'o1', '--no-wait', '-o', 'json'])).json()).toMatchObject({
      state: 'ready',
    })
    expect(await states()).toEqual(['ready'])
    expect(await available()).toBe(140)
  })
})

describe('the mint', () => {
  test('down before the payment: exit 3, nothing was spent', async () => {
    const { run, mint, available } = await world()
    for (const path of ['/v1/info', '/v1/keysets', '/v1/keys', '/v1/swap'])
      for (let times = 0; times < 20; times += 1) mint.failNext({ path, kind: 'drop-before' })
    const result = await run(BUY)
    expect(result.code).toBe(3)
    expectError(result, { exit: 3 })
    mint.faults.splice(0)
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

describe('the provider', () => {
  test('silent: exit 7 names the order; after the lock `orders recover` brings all of it back', async () => {
    const { run, provider, passSeconds, available, states } = await world()
    provider.script = 'silent'
    const result = await run([...BUY, '--timeout', '1s'])
    const error = expectError(result, { exit: 7, code: 'outcome_unknown', hint: /paygress orders recover/ })
    expect(error.message).toContain('o1')
    expect(error.details).toMatchObject({ order_id: 'o1', state: 'silent' })
    expect(await available()).toBe(140)
    const soon = (await run(RECOVER)).json()
    expect(soon.open).toMatchObject([{ order_id: 'o1', state: 'silent' }])
    passSeconds(1_000)
    const late = (await run(RECOVER)).json()
    expect(late.recovered).toMatchObject([{ order_id: 'o1', from: 'silent', state: 'reclaimed' }])
    expect(late.open).toEqual([])
    expect(await states()).toEqual(['reclaimed'])
    expect(await available()).toBe(200)
    expectError(await run(['buy', '--order', 'o1', '-o', 'json']), { exit: 6 })
  })

  test('took the money and never answers: broken after the paid time, and the proof is kept', async () => {
    const { run, provider, passSeconds, states } = await world()
    provider.script = 'capture-silently'
    expectError(await run([...BUY, '--timeout', '1s']), { exit: 7, code: 'outcome_unknown' })
    passSeconds(1_000)
    await run(RECOVER)
    expect(await states()).toEqual(['silent'])
    passSeconds(1_000)
    await run(RECOVER)
    expect(await states()).toEqual(['broken'])
    const shown = (await run(['orders', 'show', 'o1', '-o', 'json'])).json()
    expect(shown.witness).toMatch(/signatures/)
    expectError(await run(['buy', '--order', 'o1', '-o', 'json']), { exit: 1 })
  })

  test.each([
    ['released', 'reclaimed', 200],
    ['refunded', 'refunded', 200],
    ['kept', 'refunded', 140],
  ] as const)('refusing (%s): exit 6 says where the money is', async (script, state, left) => {
    const { run, provider, available, states } = await world()
    provider.script = script
    const result = await run(BUY)
    const error = expectError(result, { exit: 6, code: 'provider_refused', says: /No room.*\d+ sat/ })
    expect(error.details).toMatchObject({ order_id: 'o1', error_type: 'resource_unavailable' })
    expect(await states()).toEqual([state])
    expect(await available()).toBe(left)
  })

  test('refusing without touching the money: it is ours after the lock, at the latest', async () => {
    const { run, provider, passSeconds, available, states } = await world()
    provider.script = 'untouched'
    expectError(await run(BUY), { exit: 6, says: /lock ends|back in your wallet/, hint: /orders recover/ })
    passSeconds(1_000)
    expect((await run(RECOVER)).code).toBe(0)
    expect(await states()).toEqual(['reclaimed'])
    expect(await available()).toBe(200)
  })

  test('answering twice, and the contrary: the first answer holds', async () => {
    const { run, provider, states, available } = await world()
    provider.script = 'serve-twice'
    expect((await run(BUY)).json()).toMatchObject({ state: 'ready' })
    await run(RECOVER)
    expect(await states()).toEqual(['ready'])
    expect(await available()).toBe(140)
  })

  test('answering rubbish first: the real answer is waited for', async () => {
    const { run, provider } = await world()
    provider.script = 'rubbish-then-serve'
    expect((await run(BUY)).json()).toMatchObject({ state: 'ready' })
  })

  test('late: any later command finds the answer and says so', async () => {
    const { run, provider, online, states } = await world()
    const held = Promise.withResolvers<void>()
    closing.push(async () => held.resolve())
    provider.hold = held.promise
    expectError(await run([...BUY, '--timeout', '1s']), { exit: 7 })
    held.resolve()
    await online.idle()
    const balance = await run(['wallet', 'balance'])
    expect(balance.stderr).toMatch(/^recovered: order o1/m)
    expect(await states()).toEqual(['ready'])
  })

  test('silent when asked to stop: exit 7, asked again later, refunded once', async () => {
    const { run, provider, available } = await world()
    const { pod_npub: pod } = (await run(BUY)).json()
    provider.script = 'silent'
    expectError(await run(['stop', pod, '--timeout', '1s', '-o', 'json']), {
      exit: 7,
      hint: /orders recover/,
    })
    provider.script = 'serve'
    expect((await run(['stop', pod, '--timeout', '2s', '-o', 'json'])).code).toBeLessThan(8)
    expect([140, 150]).toContain(await available())
  })

  test('a top-up of a pod whose time is over is refused here, before anything is paid', async () => {
    const { run, passSeconds, available } = await world()
    const { pod_npub: pod } = (await run(BUY)).json()
    passSeconds(601)
    const result = await run(['topup', pod, '--for', '1m', '--yes', '-o', 'json'])
    expectError(result, { exit: 1, code: 'pod_ended' })
    expect(await available()).toBe(140)
  })
})

describe('the buyer killed after publishing', () => {
  test.each(['serve', 'released', 'silent'] as const)('the next command goes on (%s)', async (script) => {
    const { run, start, provider, online, passSeconds, available, states } = await world()
    provider.script = script
    const held = Promise.withResolvers<void>()
    closing.push(async () => held.resolve())
    provider.hold = held.promise
    const buying = start(BUY)
    await until('the request', () => provider.requests.some(({ type }) => type === 'spawn'))
    await buying.end('SIGKILL')
    held.resolve()
    await online.idle()
    if (script === 'silent') passSeconds(1_000)
    const recovered = await run(RECOVER)
    expect(recovered.json().open).toEqual([])
    expect(await states()).toEqual([script === 'serve' ? 'ready' : 'reclaimed'])
    expect(await available()).toBe(script === 'serve' ? 140 : 200)
    expect(provider.requests.filter(({ type }) => type === 'spawn').length).toBeLessThanOrEqual(2)
  })
})
