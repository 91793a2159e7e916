import { Amount } from '@cashu/cashu-ts'
import type { Proof, Wallet } from '@cashu/cashu-ts'
import { describe, expect, test } from 'vitest'
import { aMint, ask, aWallet, fund, sum } from './mint-fixture.ts'

/** An invoice of another mint. */
async function foreignInvoice(amount: number): Promise<string> {
  const other = await aMint({ settleAfterMs: 'manual' })
  return (await (await aWallet(other.url)).createMintQuoteBolt11(amount)).request
}

async function states(wallet: Wallet, proofs: Proof[]): Promise<string[]> {
  return [...new Set((await wallet.checkProofsStates(proofs)).map((state) => state.state))]
}

test('an invoice of another mint is paid and what was too much comes back', async () => {
  const mint = await aMint({ units: [{ unit: 'sat', inputFeePpk: 1000 }] })
  const wallet = await aWallet(mint.url)
  const proofs = await fund(wallet, 256)
  const quote = await wallet.createMeltQuoteBolt11(await foreignInvoice(200))
  expect(quote).toMatchObject({ state: 'UNPAID' })
  expect([quote.amount.toNumber(), quote.fee_reserve.toNumber()]).toEqual([200, 4])
  const { quote: paid, change } = await wallet.meltProofsBolt11(quote, proofs)
  expect(paid.state).toBe('PAID')
  expect(sum(change)).toBe(256 - 1 - 200 - 2)
  expect(await states(wallet, proofs)).toEqual(['SPENT'])
  expect(sum(await wallet.receive(change))).toBeGreaterThan(0)
  expect(mint.stats()).toMatchObject({ minted: 256n, melted: 202n })
  expect(await wallet.checkMeltQuoteBolt11(quote.quote)).toMatchObject({ state: 'PAID' })
})

test('without blank outputs there is no change, and the mint keeps the rest', async () => {
  const mint = await aMint()
  const wallet = await aWallet(mint.url)
  const inputs = (await fund(wallet, 64)).map(({ id, amount, secret, C }) => ({
    id,
    amount: amount.toNumber(),
    secret,
    C,
  }))
  const { quote } = await wallet.createMeltQuoteBolt11(await foreignInvoice(40))
  const { body } = await ask(mint.url, '/v1/melt/bolt11', { quote, inputs })
  expect(body).toMatchObject({ state: 'PAID' })
  expect(body).not.toHaveProperty('change')
  expect(mint.stats()).toMatchObject({ outstanding: 0n, melted: 41n, earned: 23n })
})

test('an invoice of this mint is settled inside, without a Lightning fee', async () => {
  const mint = await aMint({ settleAfterMs: 'manual' })
  const wallet = await aWallet(mint.url)
  const first = await wallet.createMintQuoteBolt11(50)
  await mint.settle(first.quote)
  const proofs = await wallet.mintProofsBolt11(50, first.quote)
  const invoice = await wallet.createMintQuoteBolt11(50)
  const quote = await wallet.createMeltQuoteBolt11(invoice.request)
  expect(quote.fee_reserve.toNumber()).toBe(0)
  expect((await wallet.meltProofsBolt11(quote, proofs)).quote.state).toBe('PAID')
  expect(await wallet.checkMintQuoteBolt11(invoice.quote)).toMatchObject({ state: 'PAID' })
  expect(sum(await wallet.mintProofsBolt11(50, invoice.quote))).toBe(50)
  expect(mint.stats()).toMatchObject({ minted: 100n, melted: 50n, outstanding: 50n, earned: 0n })
  expect(
    await ask(mint.url, '/v1/melt/quote/bolt11', { unit: 'sat', request: invoice.request }),
  ).toMatchObject({
    body: { code: 20006 },
  })
})

describe('a payment that takes its time', () => {
  test('is pending with its inputs until it is settled', async () => {
    const mint = await aMint({ payAfterMs: 'manual' })
    const wallet = await aWallet(mint.url)
    const proofs = await fund(wallet, 64)
    const quote = await wallet.createMeltQuoteBolt11(await foreignInvoice(40))
    const preview = await wallet.prepareMelt('bolt11', quote, proofs)
    const pending = await wallet.completeMelt(preview)
    expect(pending.quote.state).toBe('PENDING')
    expect(await states(wallet, proofs)).toEqual(['PENDING'])
    await expect(wallet.receive(proofs)).rejects.toMatchObject({ code: 11002 })
    await expect(wallet.meltProofsBolt11(quote, proofs)).rejects.toMatchObject({ code: 20005 })
    expect(mint.stats()).toMatchObject({ outstanding: 64n, pending: 64n })
    await mint.settle(quote.quote)
    const paid = await wallet.checkMeltQuoteBolt11(quote.quote)
    expect(paid.state).toBe('PAID')
    expect(sum(wallet.createMeltChangeProofs(pending.outputData, paid.change ?? []))).toBe(23)
    expect(await states(wallet, proofs)).toEqual(['SPENT'])
  })

  test('gives the inputs back when it fails, and can be tried again', async () => {
    const mint = await aMint({ payAfterMs: 'manual' })
    const wallet = await aWallet(mint.url)
    const proofs = await fund(wallet, 64)
    const quote = await wallet.createMeltQuoteBolt11(await foreignInvoice(40))
    await wallet.meltProofsBolt11(quote, proofs)
    mint.fail(quote.quote)
    expect(await states(wallet, proofs)).toEqual(['UNSPENT'])
    expect(await wallet.checkMeltQuoteBolt11(quote.quote)).toMatchObject({ state: 'UNPAID' })
    await wallet.meltProofsBolt11(quote, proofs)
    await mint.settle(quote.quote)
    await mint.settle(quote.quote)
    expect(mint.stats()).toMatchObject({ melted: 41n, outstanding: 23n, earned: 0n })
  })

  test('that fails while it is being settled is one or the other, not both', async () => {
    const mint = await aMint({ payAfterMs: 'manual' })
    const wallet = await aWallet(mint.url)
    const proofs = await fund(wallet, 64)
    const quote = await wallet.createMeltQuoteBolt11(await foreignInvoice(40))
    await wallet.meltProofsBolt11(quote, proofs)
    const settling = mint.settle(quote.quote)
    mint.fail(quote.quote)
    await settling
    expect(await wallet.checkMeltQuoteBolt11(quote.quote)).toMatchObject({ state: 'UNPAID' })
    expect(await states(wallet, proofs)).toEqual(['UNSPENT'])
    expect(mint.stats()).toMatchObject({ outstanding: 64n, melted: 0n })
  })

  test('keeps its invoice and its blank outputs to itself', async () => {
    const mint = await aMint({ payAfterMs: 'manual' })
    const wallet = await aWallet(mint.url)
    const [first, second] = [await fund(wallet, 64), await fund(wallet, 64)]
    const invoice = await foreignInvoice(40)
    const quotes = [
      await wallet.createMeltQuoteBolt11(invoice),
      await wallet.createMeltQuoteBolt11(invoice),
    ] as const
    const { outputData } = await wallet.completeMelt(await wallet.prepareMelt('bolt11', quotes[0], first))
    await expect(wallet.meltProofsBolt11(quotes[1], second)).rejects.toMatchObject({ code: 20005 })
    const outputs = outputData
      .slice(0, 1)
      .map((output) => ({ ...output.blindedMessage, amount: Amount.from(64) }))
    await expect(wallet.mint.swap({ inputs: second, outputs })).rejects.toMatchObject({ code: 11004 })
  })

  test('succeeds by itself after the time that was set', async () => {
    let now = Date.now()
    const mint = await aMint({ payAfterMs: 5_000, clock: { now: () => now } })
    const wallet = await aWallet(mint.url)
    const proofs = await fund(wallet, 64)
    const quote = await wallet.createMeltQuoteBolt11(await foreignInvoice(40))
    await wallet.meltProofsBolt11(quote, proofs)
    now += 4_999
    expect(await wallet.checkMeltQuoteBolt11(quote.quote)).toMatchObject({ state: 'PENDING' })
    now += 1
    expect(await wallet.checkMeltQuoteBolt11(quote.quote)).toMatchObject({ state: 'PAID' })
  })
})

test('of two payments with the same inputs that arrive together exactly one is made', async () => {
  const mint = await aMint()
  const wallet = await aWallet(mint.url)
  const proofs = await fund(wallet, 64)
  const quotes = [
    await wallet.createMeltQuoteBolt11(await foreignInvoice(40)),
    await wallet.createMeltQuoteBolt11(await foreignInvoice(40)),
  ]
  const results = await Promise.allSettled(quotes.map((quote) => wallet.meltProofsBolt11(quote, proofs)))
  expect(results.map((result) => result.status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect(mint.stats()).toMatchObject({ melted: 41n, outstanding: 23n, pending: 0n })
})

test('refuses too little money, and leaves it alone', async () => {
  const mint = await aMint()
  const wallet = await aWallet(mint.url)
  const proofs = await fund(wallet, 41)
  const inputs = proofs.map(({ id, amount, secret, C }) => ({ id, amount: amount.toNumber(), secret, C }))
  const { quote } = await wallet.createMeltQuoteBolt11(await foreignInvoice(40))
  expect((await ask(mint.url, '/v1/melt/bolt11', { quote, inputs })).body).toMatchObject({ code: 11000 })
  expect(await states(wallet, proofs)).toEqual(['UNSPENT'])
})

test.each([
  ['no invoice', 'lnbc1nonsense', 0],
  // An example of BOLT11: a donation of any amount.
  [
    'an invoice without an amount',
    'lnbc1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdpl2pkx2ctnv5sxxmmwwd5kgetjypeh2ursdae8g6twvus8g6rfwvs8qun0dfjkxaq9qrsgq357wnc5r2ueh7ck6q93dj32dlqnls087fxdwk8qakdyafkq3yap9us6v52vjjsrvywa6rt52cm9r9zqt8r2t7mlcwspyetp5h2tztugp9lfyql',
    11011,
  ],
  [
    'an invoice of 2017',
    'lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh8nhedh8w27kyke0lp53ut353s06fv3qfegext0eh0ymjpf39tuven09sam30g4vgpfna3rh',
    20007,
  ],
])('refuses a quote for %s', async (_name, request, code) => {
  const mint = await aMint()
  expect((await ask(mint.url, '/v1/melt/quote/bolt11', { unit: 'sat', request })).body).toMatchObject({
    code,
  })
})
