// What do relays in bad weather cost a buyer? Time at most: nothing is lost, and the program says what is wrong.
import { describe, expect, test } from 'vitest'
import { closedWith, silence, startSilentPort, unusedAddress, withoutEose } from '../support/faulty-relay.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { runCli } from '../support/run-cli.ts'
import { expectError } from '../support/scenario/expect-error.ts'
import { useWeatherWorlds, type WeatherWorld } from '../support/scenario/weather-world.ts'

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
    expect(offers.ms).toBeLessThan(alone.ms + 3_500)
    const other = await run([...BUY.slice(0, -1), 'o0'])
    const bought = await run(BUY, many)
    expect(bought.json()).toMatchObject({ state: 'ready' })
    expect(bought.ms).toBeLessThan(other.ms + 5_000)
    expect(provider.requests.filter(({ type }) => type === 'spawn')).toHaveLength(2)
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

  async function lostAfterPayment(): Promise<WeatherWorld> {
    const made = await world()
    const change = async (body: unknown): Promise<unknown> => {
      await made.relay.die()
      return body
    }
    made.mint.failNext({ path: '/v1/swap', kind: 'mutate', change })
    const result = await made.run([...BUY, '--timeout', '5s'])
    expect(result.code).toBe(3)
    expect(made.provider.requests.filter(({ type }) => type === 'spawn')).toEqual([])
    expect(await made.states()).toEqual(['locked'])
    return made
  }

  test('one that dies after the payment was locked: nothing was sent, and the order goes on when it is back', async () => {
    const { run, relay, available, states } = await lostAfterPayment()
    await relay.comeBack()
    const bought = await run(['buy', '--order', 'o1', '--no-wait', '-o', 'json'])
    expect(bought.json()).toMatchObject({ state: 'ready' })
    expect(await states()).toEqual(['ready'])
    expect(await available()).toBe(140)
  })

  test('one that dies after the payment was locked and stays away: after the lock the payment is taken back', async () => {
    const { run, passSeconds, available, states } = await lostAfterPayment()
    passSeconds(1_000)
    const { recovered, open } = (await run(['orders', 'recover', '--timeout', '1s', '-o', 'json'])).json()
    expect(recovered).toMatchObject([{ order_id: 'o1', from: 'locked', state: 'reclaimed' }])
    expect(open).toEqual([])
    expect(await states()).toEqual(['reclaimed'])
    expect(await available()).toBe(200)
  })
})
