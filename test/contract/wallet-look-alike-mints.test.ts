// A mint that looks like one on the list is none of it: nothing is asked there, not even whether it is there.
import { lookup } from 'node:dns/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ecash } from '../../src/cashu/ecash.ts'
import { parseMintUrl, type MintUrl } from '../../src/core/mint-url.ts'
import { walletStore } from '../../src/storage/wallet-store.ts'
import { startFaultyMint, type FaultyMint } from '../support/faulty-mint.ts'
import { done, fund, openTestWallet, tokenOf, type TestWallet } from '../support/wallet/test-wallet.ts'

const LISTED = parseMintUrl('https://mint.example.com/Bitcoin')
let mint: FaultyMint
let url: MintUrl
let buyer: TestWallet
let provider: TestWallet

beforeAll(async () => {
  mint = await startFaultyMint({})
  url = parseMintUrl(mint.url)
  buyer = openTestWallet({ trusted: [url] })
  provider = openTestWallet({ trusted: [url] })
  await fund(buyer.wallet, url, 1_000n)
})

afterAll(async () => {
  await buyer.close()
  await provider.close()
  await mint.close()
})

/** A sound token, said to be of that mint. */
async function tokenSaidToBeOf(where: string): Promise<string> {
  const text = tokenOf(await buyer.wallet.send(url, 1n, {}))
  const ids = walletStore(buyer.database)
    .keysets(url)
    .map(({ id }) => id)
  return ecash.encodeToken({ mint: where, unit: 'sat', proofs: ecash.decodeToken(text, ids).proofs })
}

describe('a token of a mint that looks like one on the list', () => {
  test.each([
    ['by another port', 'https://mint.example.com:8443/Bitcoin'],
    ['without encryption', 'http://mint.example.com/Bitcoin'],
    ['by a path in other letters', 'https://mint.example.com/bitcoin'],
    ['by a longer path', 'https://mint.example.com/Bitcoin/v1'],
    ['without its path', 'https://mint.example.com'],
    ['by a path that climbs', 'https://mint.example.com/Bitcoin/../other'],
    ['by user-info', 'https://mint.example.com@thief.example/Bitcoin'],
    ['by user-info of its own', 'https://user:secret@mint.example.com/Bitcoin'],
    ['by a name below another', 'https://mint.example.com.thief.example/Bitcoin'],
    ['by a dot at the end', 'https://mint.example.com./Bitcoin'],
    ['by letters of another alphabet', 'https://mint.ехаmple.com/Bitcoin'],
    ['by the punycode of those', 'https://mint.xn--mple-43d6bg.com/Bitcoin'],
    ['by a query', 'https://mint.example.com/Bitcoin?to=thief'],
    ['by a fragment', 'https://mint.example.com/Bitcoin#thief'],
    ['by escapes', 'https://mint.example.com/%42itcoin'],
    ['by a backslash', String.raw`https://thief.example\@mint.example.com/Bitcoin`],
    ['by another scheme', 'ftp://mint.example.com/Bitcoin'],
  ])('%s is refused', async (_how, where) => {
    const requests = mint.requests.length
    await expect(provider.wallet.inspect(await tokenSaidToBeOf(where), [LISTED])).rejects.toMatchObject({
      code: expect.stringMatching(/^(invalid_token|mint_not_accepted)$/) as string,
    })
    expect(mint.requests.slice(requests).filter(({ path }) => path !== '/v1/swap')).toEqual([])
  })

  test.each([
    ['in capitals', (listed: string) => listed.toUpperCase()],
    ['with a slash at the end', (listed: string) => `${listed}/`],
    ['with many of them', (listed: string) => `${listed}///`],
  ])('but is written otherwise, %s, is of that mint', async (_how, written) => {
    const { mint: named } = await provider.wallet.inspect(await tokenSaidToBeOf(written(url)), [url])
    expect(named).toBe(url)
  })
})

test('a token of a mint whose name leads to a private address is refused without a word to it', async () => {
  const { port } = new URL(url)
  const named = `http://localhost:${port}`
  expect(['127.0.0.1', '::1']).toContain((await lookup('localhost')).address)
  const token = await tokenSaidToBeOf(named)
  const requests = mint.requests.length
  await expect(provider.wallet.inspect(token, [url])).rejects.toMatchObject({ code: 'mint_not_accepted' })
  await expect(provider.wallet.receive(token, {})).rejects.toMatchObject({ code: 'mint_not_trusted' })
  expect(mint.requests).toHaveLength(requests)
  // It would have answered: by the name that its owner was given it is money.
  expect(done(await provider.wallet.receive(await tokenSaidToBeOf(url), {})).amountSat).toBe(1n)
})
