// What do relays in bad weather cost a buyer? Time at most: nothing is lost, and the program says what is wrong.
import { describe, expect, test } from 'vitest'
import { closedWith, silence, startSilentPort, unusedAddress, withoutEose } from '../support/faulty-relay.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { until } from '../support/peers/until.ts'
import { runCli } from '../support/run-cli.ts'
import { expectError } from '../support/scenario/expect-error.ts'
import { useWeatherWorlds } from '../support/scenario/weather-world.ts'

const { world, closing } = useWeatherWorlds()
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
