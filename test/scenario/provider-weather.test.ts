// What does a provider that is silent, refuses or talks rubbish cost a buyer, and what does a killed buyer lose? Time at most.
import { describe, expect, test } from 'vitest'
import { until } from '../support/peers/until.ts'
import { expectError } from '../support/scenario/expect-error.ts'
import { useWeatherWorlds } from '../support/scenario/weather-world.ts'

const { world, closing } = useWeatherWorlds()
const RECOVER = ['orders', 'recover', '--timeout', '1s', '-o', 'json']
const BUY = ['buy', '--spec', 'basic', '--for', '10m', '--yes', '--no-wait', '-o', 'json', '--order', 'o1']

describe('the provider', () => {
  test('silent: exit 7 names the order; after the lock `orders recover` brings all of it back', async () => {
    const { run, provider, passSeconds, available, states } = await world()
    provider.script = 'silent'
    const result = await run([...BUY, '--timeout', '5s'])
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
    expectError(await run([...BUY, '--timeout', '5s']), { exit: 7, code: 'outcome_unknown' })
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

  test('that broke its word is marked by `offers`, left out by `buy`, and warned of where it is named', async () => {
    const { run, provider } = await world()
    expect((await run(['offers', '-o', 'json'])).json().offers[0].broken_words).toEqual([])
    provider.script = 'kept'
    await run(BUY)
    provider.script = 'serve'
    const deed = 'refused, and gave 0 sat of 60 sat back'
    expect((await run(['offers', '-o', 'json'])).json().offers[0].broken_words).toEqual([
      { order_id: 'o1', deed },
    ])
    expect((await run(['offers'])).stdout).toMatch(/ live, broke its word$/m)
    const other = [...BUY.filter((word) => word !== 'o1' && word !== '--order'), '--order', 'o2']
    expectError(await run(other), { exit: 3, code: 'no_offer', says: /broke its word towards you/ })
    const named = await run([...other, '--provider', provider.publicKey])
    expect(named.code).toBe(0)
    expect(named.stderr).toContain(`broke its word towards you: it ${deed} (order o1)`)
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
    expectError(await run([...BUY, '--timeout', '5s']), { exit: 7 })
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
