// What if a token is made and never seen: its maker is ended, or the paper is full? It is told of, and can be printed again.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { expectError } from '../support/scenario/expect-error.ts'
import { useWeatherWorlds, type WeatherWorld } from '../support/scenario/weather-world.ts'

const LAUNCHER = fileURLToPath(new URL('../../bin/paygress.js', import.meta.url))
const FULL = '/dev/full'

const { world } = useWeatherWorlds()

/** Runs with a stdout that takes nothing. */
async function intoFull(
  { home, mint }: WeatherWorld,
  args: readonly string[],
): Promise<{ code: unknown; stderr: string }> {
  const shell = ['-c', `exec "$@" > ${FULL}`, 'sh', process.execPath, LAUNCHER, ...args]
  const env = { HOME: home, PAYGRESS_HOME: home, PAYGRESS_MINT: mint.url }
  return new Promise((resolve) => {
    execFile('sh', shell, { env }, (error, _stdout, stderr) => resolve({ code: error?.code ?? 0, stderr }))
  })
}

/** Prints the token again, and takes it in: no sat but the mint's fees is missing. */
async function comesBack({ run, available }: WeatherWorld, operationId: string): Promise<void> {
  const before = await available()
  const again = await run(['wallet', 'send', '--again', operationId, '-o', 'json'])
  expect(again.json()).toMatchObject({ operation_id: operationId, token: expect.stringMatching(/^cashuB/) })
  const received = await run(['wallet', 'receive', '-', '-o', 'json'], { stdin: again.json().token })
  expect(received.json().received_sat).toBe(50)
  expect(await available()).toBe(before + 50)
}

describe('a token nobody has seen', () => {
  test.each([
    ['SIGINT', 7, /^hint: paygress wallet send --again \w+$/m],
    ['SIGKILL', 137, /making the token/],
  ] as const)('since %s came after the swap', async (signal, code, says) => {
    const made = await world()
    made.mint.failNext({ path: '/v1/swap', kind: 'hang' })
    const sending = made.start(['wallet', 'send', '50'])
    await expect.poll(() => made.mint.requests.at(-1)?.path, { timeout: 20_000 }).toBe('/v1/swap')
    const ended = await sending.end(signal)
    expect(ended.code).toBe(code)
    expect(ended.stderr).toMatch(says)
    made.mint.faults.splice(0)
    const recovered = await made.run(['orders', 'recover', '-o', 'json'])
    const operationId = /wallet send --again (\w+)/.exec(recovered.stderr)?.[1] ?? ''
    expect(operationId).not.toBe('')
    await comesBack(made, operationId)
  })

  test.runIf(existsSync(FULL))('since there was no room for it', async () => {
    const made = await world()
    const ended = await intoFull(made, ['wallet', 'send', '50'])
    expect(ended.code).toBe(1)
    expect(ended.stderr).toMatch(/^error: the answer could not be written: ENOSPC/m)
    expect(ended.stderr).not.toMatch(/^ +at /m)
    await comesBack(made, /wallet send --again (\w+)/.exec(ended.stderr)?.[1] ?? '')
  })

  test('is not to be had by another name', async () => {
    const { run } = await world()
    expectError(await run(['wallet', 'send', '--again', 'nothing']), { exit: 2, hint: /wallet history/ })
    expectError(await run(['wallet', 'send', '5', '--again', 'nothing']), { exit: 2, says: /not both/ })
  })
})
