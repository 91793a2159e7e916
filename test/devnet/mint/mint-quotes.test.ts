import { secp256k1 } from '@noble/curves/secp256k1.js'
import { signMintQuote } from '@cashu/cashu-ts'
import { describe, expect, test } from 'vitest'
import { aMint, ask, aWallet, sum } from './mint-fixture.ts'

test('a faucet pays its invoices at once', async () => {
  const mint = await aMint()
  const wallet = await aWallet(mint.url)
  expect(await wallet.createMintQuoteBolt11(21)).toMatchObject({ state: 'PAID', unit: 'sat' })
})

test('an invoice that is paid by hand is issued once, then never again', async () => {
  const mint = await aMint({ settleAfterMs: 'manual' })
  const wallet = await aWallet(mint.url)
  const quote = await wallet.createMintQuoteBolt11(21)
  await expect(wallet.mintProofsBolt11(21, quote.quote)).rejects.toMatchObject({ code: 20001 })
  await mint.settle(quote.request)
  expect(await wallet.checkMintQuoteBolt11(quote.quote)).toMatchObject({ state: 'PAID' })
  await expect(wallet.mintProofsBolt11(22, quote.quote)).rejects.toMatchObject({ code: 11000 })
  expect(sum(await wallet.mintProofsBolt11(21, quote.quote))).toBe(21)
  await expect(wallet.mintProofsBolt11(21, quote.quote)).rejects.toMatchObject({ code: 20002 })
  expect(await wallet.checkMintQuoteBolt11(quote.quote)).toMatchObject({ state: 'ISSUED' })
})

test('an invoice with a delay is paid when the clock says so', async () => {
  let now = Date.now()
  const mint = await aMint({ settleAfterMs: 5_000, clock: { now: () => now } })
  const wallet = await aWallet(mint.url)
  const { quote } = await wallet.createMintQuoteBolt11(21)
  now += 4_999
  expect(await wallet.checkMintQuoteBolt11(quote)).toMatchObject({ state: 'UNPAID' })
  now += 1
  expect(await wallet.checkMintQuoteBolt11(quote)).toMatchObject({ state: 'PAID' })
})

test('a paid quote can be issued after its expiry', async () => {
  let now = Date.now()
  const mint = await aMint({ clock: { now: () => now }, limits: { quoteTtlSec: 10 } })
  const wallet = await aWallet(mint.url)
  const { quote } = await wallet.createMintQuoteBolt11(21)
  now += 3_600_000
  expect(sum(await wallet.mintProofsBolt11(21, quote))).toBe(21)
})

test('of two requests for one quote exactly one gets ecash', async () => {
  const mint = await aMint()
  const wallet = await aWallet(mint.url)
  const { quote } = await wallet.createMintQuoteBolt11(21)
  const results = await Promise.allSettled([
    wallet.mintProofsBolt11(21, quote),
    wallet.mintProofsBolt11(21, quote),
  ])
  expect(results.map((result) => result.status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect(mint.stats()).toMatchObject({ issued: 21n, minted: 21n })
})

describe('a quote locked to a key', () => {
  const key = secp256k1.utils.randomSecretKey()
  const priv = Buffer.from(key).toString('hex')
  const pub = Buffer.from(secp256k1.getPublicKey(key)).toString('hex')

  test('is issued only to who signs with it', async () => {
    const mint = await aMint()
    const wallet = await aWallet(mint.url)
    const quote = await wallet.createLockedMintQuote(21, pub)
    expect(quote.pubkey).toBe(pub)
    await expect(wallet.mintProofsBolt11(21, quote.quote)).rejects.toMatchObject({ code: 20008 })
    expect(sum(await wallet.mintProofsBolt11(21, quote, { privkey: priv }))).toBe(21)
  })

  test('takes the older form of the signature too', async () => {
    const mint = await aMint()
    const wallet = await aWallet(mint.url)
    const quote = await wallet.createLockedMintQuote(1, pub)
    const { payload } = await wallet.prepareMint('bolt11', 1, quote, { privkey: priv })
    const signature = signMintQuote(priv, quote.quote, payload.outputs)
    expect((await wallet.mint.mintBolt11({ ...payload, signature })).signatures).toHaveLength(1)
  })
})

test.each([
  ['a unit without a keyset', { unit: 'eur', amount: 1 }, 400, 0],
  ['an amount above the limit', { unit: 'sat', amount: 101 }, 400, 11006],
  ['an amount of nothing', { unit: 'sat', amount: 0 }, 422, undefined],
  ['a fraction', { unit: 'sat', amount: 1.5 }, 422, undefined],
  ['a key that is none', { unit: 'sat', amount: 1, pubkey: 'ab' }, 422, undefined],
  ['a body that is not JSON', '{', 422, undefined],
])('refuses a quote for %s', async (_name, body, status, code) => {
  const mint = await aMint({ limits: { maxAmount: 100n } })
  const answer = await ask(mint.url, '/v1/mint/quote/bolt11', body)
  expect({ status: answer.status, code: answer.body['code'] }).toEqual({ status, code })
})

test('refuses a quote that it does not know', async () => {
  const mint = await aMint()
  expect(await ask(mint.url, '/v1/mint/quote/bolt11/nope')).toMatchObject({
    status: 400,
    body: { code: 0 },
  })
  await expect(mint.settle('nope')).rejects.toMatchObject({ code: 'failed' })
})
