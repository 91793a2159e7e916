import { Wallet } from '@cashu/cashu-ts'
import type { Proof } from '@cashu/cashu-ts'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import { fund } from '../../devnet/mint/mint-fixture.ts'
import { startMint, type RunningMint } from '../../../src/devnet/mint/start-mint.ts'
import { diceOf } from './dice.ts'
import type { MintFaultName } from './mint-faults.ts'
import { startMintWeather, type MintWeather } from './mint-weather.ts'

const answerSchema = z.record(z.string(), z.array(z.record(z.string(), z.unknown())))

interface Rig {
  mint: RunningMint
  weather: MintWeather
  /** Through the weather. */
  wallet: Wallet
  proofs: Proof[]
  /** What the mint itself says of the proofs. */
  states(): Promise<string[]>
}

const fails = async (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => false,
    () => true,
  )

async function rig(): Promise<Rig> {
  const mint = await startMint({ nut19: false })
  const weather = await startMintWeather(mint.url, diceOf(1))
  onTestFinished(async () => {
    await weather.close()
    await mint.close()
  })
  const direct = new Wallet(mint.url)
  const wallet = new Wallet(weather.url, { requireSigDleq: true })
  await direct.loadMint()
  await wallet.loadMint()
  const proofs = await fund(wallet, 8)
  return {
    mint,
    weather,
    wallet,
    proofs,
    states: async () => (await direct.checkProofsStates(proofs)).map(({ state }) => state),
  }
}

test('in fair weather everything goes through', async () => {
  const { wallet, proofs, weather, states } = await rig()
  expect(await wallet.receive(proofs)).toHaveLength(1)
  expect(await states()).toEqual(['SPENT'])
  expect([...weather.counts]).toEqual([])
})

describe('what goes wrong with a swap', () => {
  test.each<[MintFaultName, string]>([
    ['dropped before', 'UNSPENT'],
    ['dropped after', 'SPENT'],
    ['cut in the middle', 'SPENT'],
    ['too many requests', 'UNSPENT'],
    ['server error before', 'UNSPENT'],
    ['server error after', 'SPENT'],
    ['gateway in HTML', 'SPENT'],
    ['redirected', 'UNSPENT'],
    ['wrong content type', 'SPENT'],
    ['too few signatures', 'SPENT'],
    ['no proof of equality', 'SPENT'],
  ])('%s: it fails, and the coins are %s', async (fault, state) => {
    const { wallet, proofs, weather, states } = await rig()
    weather.next('/v1/swap', fault)
    expect(await fails(wallet.receive(proofs))).toBe(true)
    expect(await states()).toEqual([state])
    expect([...weather.counts]).toEqual([[fault, 1]])
  })

  test('signatures in another order, or of another request, open nothing', async () => {
    const { wallet, proofs, weather } = await rig()
    weather.next('/v1/swap', 'signatures in another order')
    expect(await fails(wallet.send(5, proofs, { includeFees: false }))).toBe(true)
    const others = await fund(wallet, 8)
    const more = await fund(wallet, 8)
    await wallet.receive(others)
    weather.next('/v1/swap', 'answer of another request')
    expect(await fails(wallet.receive(more))).toBe(true)
  })
})

describe('what goes wrong with a question', () => {
  const ask = async (url: string, path: string, body?: object): Promise<Record<string, unknown>[]> => {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    const answer = answerSchema.parse(await (await fetch(`${url}${path}`, init)).json())
    return Object.values(answer)[0] ?? []
  }

  test.each<[MintFaultName, (item: Record<string, unknown>) => unknown]>([
    ['keysets with other ids', ({ id }) => id],
    ['keysets that have expired', ({ final_expiry: end }) => end],
    ['a higher fee', ({ input_fee_ppk: fee }) => fee],
  ])('%s: once', async (fault, look) => {
    const { weather } = await rig()
    const before = (await ask(weather.url, '/v1/keysets')).map(look)
    weather.next('/v1/keysets', fault)
    expect((await ask(weather.url, '/v1/keysets')).map(look)).not.toEqual(before)
    expect((await ask(weather.url, '/v1/keysets')).map(look)).toEqual(before)
  })

  test('states that lie say the opposite', async () => {
    const { weather, wallet, proofs } = await rig()
    weather.next('/v1/checkstate', 'states that lie')
    expect((await wallet.checkProofsStates(proofs)).map(({ state }) => state)).toEqual(['SPENT'])
    expect((await wallet.checkProofsStates(proofs)).map(({ state }) => state)).toEqual(['UNSPENT'])
  })
})

test('what goes wrong the first time passes when it is repeated, and only then', async () => {
  const { weather } = await rig()
  weather.first('/v1/checkstate', 'server error after')
  const ask = async (Y: string): Promise<number> =>
    (await fetch(`${weather.url}/v1/checkstate`, { method: 'POST', body: JSON.stringify({ Ys: [Y] }) }))
      .status
  const [one, other] = [`02${'79'.repeat(32)}`, `03${'79'.repeat(32)}`]
  expect([await ask(one), await ask(one), await ask(other), await ask(one), await ask(other)]).toEqual([
    500, 200, 500, 200, 200,
  ])
})

test('a storm comes as the dice fall: the same for the same seed', async () => {
  const mint = await startMint()
  const runs: string[][] = []
  for (const _run of [1, 2]) {
    const weather = await startMintWeather(mint.url, diceOf(7))
    weather.storm(0.5)
    for (let n = 0; n < 6; n += 1)
      await fetch(`${weather.url}/v1/info`, { redirect: 'manual' }).catch(() => undefined)
    runs.push([...weather.counts].map(([name, times]) => `${name} ${times}`))
    await weather.close()
  }
  await mint.close()
  expect(runs[0]).toEqual(runs[1])
  expect(runs[0]?.length).toBeGreaterThan(1)
})
