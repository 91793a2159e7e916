import { OutputData, Wallet } from '@cashu/cashu-ts'
import type { Proof } from '@cashu/cashu-ts'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fund, sum } from '../devnet/mint/mint-fixture.ts'
import { startFaultyMint } from './faulty-mint.ts'
import type { FaultyMint, MintFault } from './faulty-mint.ts'

async function start(): Promise<{ mint: FaultyMint; wallet: Wallet; proofs: Proof[] }> {
  const mint = await startFaultyMint({ nut19: false })
  onTestFinished(() => mint.close())
  const wallet = new Wallet(mint.url, { requireSigDleq: true })
  await wallet.loadMint()
  return { mint, wallet, proofs: await fund(wallet, 8) }
}

describe.each<[MintFault, string, string]>([
  [{ path: '/v1/swap', kind: 'drop-before' }, 'UNSPENT', 'fetch failed'],
  [{ path: '/v1/swap', kind: 'drop-after' }, 'SPENT', 'fetch failed'],
  [{ path: '/v1/swap', kind: '500-before' }, 'UNSPENT', 'injected'],
  [{ path: '/v1/swap', kind: '500-after' }, 'SPENT', 'injected'],
  [{ path: '/v1/swap', kind: 'refuse', code: 11003 }, 'UNSPENT', 'injected'],
  [{ path: '/v1/swap', kind: 'mutate', change: () => ({ signatures: [] }) }, 'SPENT', '0 signatures'],
])('after $0.kind', (fault, state, message) => {
  test(`the client sees a failure and the inputs are ${state}`, async () => {
    const { mint, wallet, proofs } = await start()
    mint.failNext(fault)
    await expect(wallet.receive(proofs)).rejects.toThrow(message)
    expect(mint.faults).toEqual([])
    expect(await wallet.checkProofsStates(proofs)).toMatchObject([{ state }])
    expect(mint.stats().outstanding).toBe(8n)
  })
})

test('a fault strikes once, and only its path', async () => {
  const { mint, wallet, proofs } = await start()
  mint.failNext({ path: '/v1/swap', kind: 'drop-before' })
  await wallet.checkProofsStates(proofs)
  await expect(wallet.receive(proofs)).rejects.toThrow('fetch failed')
  expect(sum(await wallet.receive(proofs))).toBe(8)
})

test('a hanging mint has done the work', async () => {
  const { mint, wallet, proofs } = await start()
  mint.failNext({ path: '/v1/swap', kind: 'hang' })
  const [output] = OutputData.createRandomData(8, wallet.getKeyset(), [8])
  const body = JSON.stringify({
    inputs: proofs.map(({ id, amount, secret, C }) => ({ id, amount: amount.toNumber(), secret, C })),
    outputs: [{ ...output?.blindedMessage, amount: 8 }],
  })
  const given = new AbortController()
  const answer = fetch(`${mint.url}/v1/swap`, { method: 'POST', body, signal: given.signal })
  await expect.poll(() => mint.stats().spent).toBe(8n)
  given.abort()
  await expect(answer).rejects.toThrow('aborted')
})

test('a redirect would hand the money to another host', async () => {
  const [{ mint, wallet, proofs }, thief] = [await start(), await start()]
  mint.failNext({ path: '/v1/swap', kind: 'redirect', to: `${thief.mint.url}/v1/swap` })
  await expect(wallet.receive(proofs)).rejects.toThrow(/^keyset /)
  const stolen = thief.mint.requests.filter(
    (request) => request.path === '/v1/swap' && request.method === 'POST',
  )
  expect(stolen).toHaveLength(1)
  expect(await wallet.checkProofsStates(proofs)).toMatchObject([{ state: 'UNSPENT' }])
})

test('every request is on the record', async () => {
  const { mint } = await start()
  expect(mint.requests.map(({ method, path }) => `${method} ${path}`)).toContain('POST /v1/mint/bolt11')
})
