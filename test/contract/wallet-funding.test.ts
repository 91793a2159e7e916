// Money in by Lightning: invoices that are paid at once, later, too late or never.
import { afterEach, describe, expect, test } from 'vitest'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import type { MintUrl } from '../../src/core/mint-url.ts'
import type { StartMintOptions } from '../../src/devnet/mint/start-mint.ts'
import { walletStore } from '../../src/storage/wallet-store.ts'
import { startFaultyMint } from '../support/faulty-mint.ts'
import type { FaultyMint } from '../support/faulty-mint.ts'
import { done, fund, held, openTestWallet, tokenOf } from '../support/wallet/test-wallet.ts'
import type { TestWallet } from '../support/wallet/test-wallet.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function start(
  options: StartMintOptions = {},
): Promise<{ mint: FaultyMint; url: MintUrl; alice: TestWallet }> {
  const mint = await startFaultyMint(options)
  const url = parseMintUrl(mint.url)
  const alice = openTestWallet({ trusted: [url] })
  closing.push(
    () => mint.close(),
    () => alice.close(),
  )
  return { mint, url, alice }
}

const asks = (mint: FaultyMint): number =>
  mint.requests.filter(({ path }) => path.startsWith('/v1/mint/quote/bolt11/')).length

describe('an invoice', () => {
  test('is minted as soon as the mint says over its socket that it is paid', async () => {
    const { mint, url, alice } = await start({ settleAfterMs: 'manual' })
    const quote = await alice.wallet.requestInvoice(url, 64n)
    expect(quote.invoice).toMatch(/^lnbc640n1/)
    let paid = 0
    const waiting = alice.wallet.awaitFunding(quote.operationId, {
      signal: AbortSignal.timeout(20_000),
      onPaid: () => paid++,
    })
    await expect.poll(() => asks(mint)).toBeGreaterThan(0)
    await expect.poll(() => mint.requests.length).toBeGreaterThan(0)
    expect(held(alice.wallet, url).available).toBe(0n)
    await mint.settle(quote.quoteId)
    expect(done(await waiting)).toMatchObject({ amountSat: 64n, operationId: quote.operationId })
    expect(paid).toBe(1)
    expect(held(alice.wallet, url).available).toBe(64n)
    const again = await alice.wallet.awaitFunding(quote.operationId, { signal: AbortSignal.timeout(1000) })
    expect(again).toMatchObject({ status: 'done', amountSat: 64n })
    expect(held(alice.wallet, url).available).toBe(64n)
  })

  test('that is not paid before the wait ends stays, and is minted by recovery once it is paid', async () => {
    const { mint, url, alice } = await start({ settleAfterMs: 'manual' })
    const quote = await alice.wallet.requestInvoice(url, 32n)
    const wait = { signal: AbortSignal.timeout(300) }
    await expect(alice.wallet.awaitFunding(quote.operationId, wait)).rejects.toMatchObject({
      code: 'timeout',
    })
    const signal = AbortSignal.timeout(5000)
    expect(await alice.wallet.recover({ signal })).toEqual({ ended: [], open: [] })
    await mint.settle(quote.invoice)
    const report = await alice.wallet.recover({ signal })
    expect(report.ended).toMatchObject([{ kind: 'fund', result: { status: 'done', amountSat: 32n } }])
  })

  test('that was paid is minted even after it has expired', async () => {
    let aheadMs = 0
    const clock = { now: () => Date.now() + aheadMs }
    const { mint, url, alice } = await start({ settleAfterMs: 'manual', clock, limits: { quoteTtlSec: 60 } })
    const quote = await alice.wallet.requestInvoice(url, 32n)
    await mint.settle(quote.quoteId)
    aheadMs += 600_000
    expect(
      done(await alice.wallet.awaitFunding(quote.operationId, { signal: AbortSignal.timeout(5000) }))
        .amountSat,
    ).toBe(32n)
  })

  test('that expires unpaid ends the wait, and is forgotten a day later', async () => {
    let aheadMs = 0
    const clock = { now: () => Date.now() + aheadMs }
    const { url, alice } = await start({ settleAfterMs: 'manual', clock, limits: { quoteTtlSec: 60 } })
    const quote = await alice.wallet.requestInvoice(url, 32n)
    aheadMs += 200_000
    const wait = { signal: AbortSignal.timeout(5000) }
    await expect(alice.wallet.awaitFunding(quote.operationId, wait)).rejects.toMatchObject({
      code: 'timeout',
    })
    aheadMs += 2 * 86_400_000
    const report = await alice.wallet.recover({ signal: AbortSignal.timeout(5000) })
    expect(report.ended).toMatchObject([{ result: { status: 'failed', reason: 'late' } }])
  })

  test('can be minted by this wallet alone: its quote is signed with a key of the words', async () => {
    const { mint, url, alice } = await start()
    await fund(alice.wallet, url, 8n)
    const made = mint.requests.find(({ path }) => path === '/v1/mint/quote/bolt11')
    const minted = mint.requests.find(({ path }) => path === '/v1/mint/bolt11')
    expect(JSON.parse(made?.body ?? '{}')).toHaveProperty('pubkey')
    expect(JSON.parse(minted?.body ?? '{}')).toHaveProperty('signature')
  })

  test('that two callers await is minted once', async () => {
    const { mint, url, alice } = await start()
    const { operationId } = await alice.wallet.requestInvoice(url, 16n)
    const signal = AbortSignal.timeout(5000)
    const outcomes = await Promise.all([
      alice.wallet.awaitFunding(operationId, { signal }),
      alice.wallet.awaitFunding(operationId, { signal }),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['done', 'done'])
    expect(held(alice.wallet, url).available).toBe(16n)
    expect(mint.stats().issued).toBe(16n)
  })
})

test('a lost request is repeated byte for byte', async () => {
  const { mint, url, alice } = await start()
  await fund(alice.wallet, url, 64n)
  mint.failNext({ path: '/v1/swap', kind: 'drop-before' })
  done(await alice.wallet.send(url, 10n, {}))
  const bodies = mint.requests.filter(({ path }) => path === '/v1/swap').map(({ body }) => body)
  expect(bodies).toHaveLength(2)
  expect(bodies[0]).toBe(bodies[1])
})

test('nothing the mint is told links a coin to its issue', async () => {
  const { mint, url, alice } = await start()
  await fund(alice.wallet, url, 64n)
  done(await alice.wallet.send(url, 10n, {}))
  const swap = mint.requests.find(({ path }) => path === '/v1/swap')
  expect(swap?.body).not.toContain('dleq')
  const { outputs } = JSON.parse(swap?.body ?? '{}') as { outputs: { amount: number }[] }
  const amounts = outputs.map(({ amount }) => amount)
  expect(amounts).toEqual(amounts.toSorted((a, b) => a - b))
})

test('a locked payment leaves room in a request of 6.5 KB, DLEQ proofs included', async () => {
  const { url, alice } = await start({ units: [{ unit: 'sat', inputFeePpk: 100 }] })
  await fund(alice.wallet, url, 100_000n)
  const terms = {
    pubkey: alice.wallet.paymentKey().pubkey,
    locktime: 1_800_000_000,
    refundPubkey: alice.wallet.newRefundKey().pubkey,
  }
  const sizes: number[] = []
  for (const sat of [1n, 720n, 7200n, 16_381n, 32_765n]) {
    sizes.push(tokenOf(await alice.wallet.lock(url, sat, terms, {})).length)
  }
  expect(Math.max(...sizes)).toBeLessThan(5000)
})

test('the coins of a wallet come back from its words alone', async () => {
  const { url, alice } = await start()
  await fund(alice.wallet, url, 100n)
  const store = walletStore(alice.database)
  const stored = store.coins(url).map(({ proof }) => proof.secret)
  const { ecash } = await import('../../src/cashu/ecash.ts')
  const { mnemonicToSeedSync } = await import('@scure/bip39')
  const [keyset] = store.keysets(url).filter(({ active }) => active)
  const seed = mnemonicToSeedSync(store.words() ?? '')
  const again = ecash
    .seedOutputs(seed, 0, [4n, 32n, 64n], keyset?.id ?? '', 'keep')
    .map(({ secret }) => secret)
  expect(again.toSorted()).toEqual(stored.toSorted())
})
