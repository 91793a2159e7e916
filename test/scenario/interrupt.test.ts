// Ctrl-C at every stage of a purchase: exit 130, what was paid is said, and the printed way on works.
import { describe, expect, test } from 'vitest'
import { silence, startSilentPort } from '../support/faulty-relay.ts'
import type { RunningCli } from '../support/run-cli.ts'
import { expectError } from '../support/scenario/expect-error.ts'
import { useWeatherWorlds, type WeatherWorld } from '../support/scenario/weather-world.ts'

const { world, closing } = useWeatherWorlds()
const WISH = ['buy', '--spec', 'basic', '--for', '10m', '--order', 'o1']
const BUY = [...WISH, '--yes', '--no-wait']

async function interruptAt(buying: RunningCli, says: string | RegExp) {
  await buying.says(says)
  const startedAt = performance.now()
  const result = await buying.end('SIGINT')
  expect(performance.now() - startedAt).toBeLessThan(4_500)
  return result
}

async function goesOn({ run, available }: WeatherWorld): Promise<void> {
  const resumed = await run(['buy', '--order', 'o1', '--no-wait', '-o', 'json'])
  expect(resumed.json()).toMatchObject({ order_id: 'o1', state: 'ready' })
  expect(await available()).toBe(140)
}

describe('interrupted', () => {
  test('while it looks for offers: nothing was paid', async () => {
    const made = await world()
    made.relay.faults = silence
    const result = await interruptAt(made.start(BUY), 'looking for offers')
    expectError(result, { exit: 130, says: /looking for offers|nothing was paid/ })
    expect(await made.states()).toEqual([])
  })

  test('while it waits for a quote: nothing was paid', async () => {
    const made = await world()
    made.relay.faults = {
      toRelay: (frame) =>
        frame[0] === 'EVENT' && JSON.stringify(frame[1]).includes('"kind":1059') ? [] : [frame],
    }
    const result = await interruptAt(made.start(BUY), 'for a quote')
    expectError(result, { exit: 130, says: /nothing was paid/ })
    expect(await made.states()).toEqual([])
    expect(await made.available()).toBe(200)
  })

  test('at the question on a terminal: nothing was paid', async () => {
    const made = await world()
    const buying = made.start([...WISH, '--no-wait', '--no-color'], { tty: true })
    await buying.says(/\(y\/N\)/)
    buying.type('\u0003')
    const result = await buying.result
    expect(result.code).toBe(130)
    expect(result.stdout).toMatch(/error: .*nothing was (?:done|paid)/)
    expect(await made.states()).toEqual([])
  })

  test('while it waits for Lightning: the order goes on when the invoice is paid', async () => {
    const made = await world({ funds: 0, mint: { settleAfterMs: 'manual' } })
    const result = await interruptAt(made.start(BUY), /over Lightning/)
    expectError(result, { exit: 130, says: /nothing was paid/, hint: /paygress buy --order o1 goes on/ })
    const invoice = /^lnbc\w+$/m.exec(result.stderr)?.[0] ?? ''
    await made.mint.settle(invoice)
    expect((await made.run(['buy', '--order', 'o1', '--no-wait', '-o', 'json'])).json()).toMatchObject({
      state: 'ready',
    })
  })

  test('while the mint does not answer: the same order goes on and pays once', async () => {
    const made = await world()
    made.mint.failNext({ path: '/v1/swap', kind: 'hang' })
    const result = await interruptAt(made.start(BUY), /^paying$/m)
    expectError(result, { exit: 130, hint: /--order o1|orders recover/ })
    made.mint.faults.splice(0)
    await goesOn(made)
  })

  test('while it waits for the provider: the answer is found later', async () => {
    const made = await world()
    const held = Promise.withResolvers<void>()
    closing.push(async () => held.resolve())
    made.provider.hold = held.promise
    const buying = made.start([...BUY, '-o', 'json'])
    await expect.poll(() => made.provider.requests.at(-1)?.type, { timeout: 20_000 }).toBe('spawn')
    const result = await interruptAt(buying, 'waiting for the provider')
    const error = expectError(result, {
      exit: 130,
      code: 'interrupted',
      says: /\d+ sat are on their way/,
      hint: /paygress orders recover/,
    })
    expect(error.details).toMatchObject({ order_id: 'o1', state: 'sent' })
    held.resolve()
    await made.online.idle()
    await goesOn(made)
  })

  test('while SSH does not answer yet: the pod is there, and how to get in is said', async () => {
    const made = await world()
    const deaf = await startSilentPort()
    closing.push(async () => deaf.close())
    made.provider.sshPort = Number(new URL(deaf.url).port)
    const buying = made.start([...WISH, '--yes'])
    const result = await interruptAt(buying, /SSH/)
    expect(result.code).toBe(130)
    expectError(result, { exit: 130 })
    expect((await made.run(['pods', '-o', 'json'])).json().pods).toHaveLength(1)
  })

  test('while a stop is not answered: it is written down and asked again', async () => {
    const made = await world()
    const { pod_npub: pod } = (await made.run([...BUY, '-o', 'json'])).json()
    made.provider.script = 'silent'
    const result = await interruptAt(made.start(['stop', pod]), /to stop/)
    expectError(result, { exit: 130, hint: /paygress stop/ })
    expect((await made.run(['orders', 'list', '-o', 'json'])).json().orders[0].state).toBe('stopping')
  })

  test('while it funds the wallet: the paid invoice is minted by the next command', async () => {
    const made = await world({ funds: 0, mint: { settleAfterMs: 'manual' } })
    const result = await interruptAt(made.start(['wallet', 'fund', '70']), /^lnbc\w+$/m)
    expectError(result, { exit: 130 })
    await made.mint.settle(/^lnbc\w+$/m.exec(result.stderr)?.[0] ?? '')
    await made.run(['wallet', 'balance'])
    expect(await made.available()).toBe(70)
  })
})

test.each([
  ['n', 'n\r'],
  ['nothing but Enter', '\r'],
  ['Ctrl-D', '\u0004'],
  ['Esc', '\u001b'],
])('at the question on a terminal %s is a no, and no interruption', async (_, typed) => {
  const made = await world()
  const buying = made.start([...WISH, '--no-wait', '--no-color'], { tty: true })
  await buying.says(/total\s+\d+ sat/)
  await buying.says(/\(y\/N\)/)
  buying.type(typed)
  const result = await buying.result
  expect(result.code).toBe(1)
  expect(result.stdout).toMatch(/error: not confirmed; nothing was paid\s+hint: the same command asks again/)
  expect(await made.states()).toEqual([])
})

test('at the question on a terminal a yes buys', async () => {
  const made = await world()
  const yes = made.start([...WISH, '--no-wait', '--no-color'], { tty: true })
  await yes.says(/\(y\/N\)/)
  yes.type('y\r')
  const bought = await yes.result
  expect({ code: bought.code, screen: bought.code === 0 ? '' : bought.stdout }).toEqual({
    code: 0,
    screen: '',
  })
  expect(await made.states()).toEqual(['ready'])
})
