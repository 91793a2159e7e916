// Every movement of money against a mint with real signatures.
import { afterEach, describe, expect, test } from 'vitest'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import type { MintUrl } from '../../src/core/mint-url.ts'
import { startMint } from '../../src/devnet/mint/start-mint.ts'
import type { RunningMint, StartMintOptions } from '../../src/devnet/mint/start-mint.ts'
import { done, fund, held, openTestWallet, tokenOf } from '../support/wallet/test-wallet.ts'
import type { TestWallet, TestWalletOptions } from '../support/wallet/test-wallet.ts'

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function mintAt(
  feePpk: number,
  options: StartMintOptions = {},
): Promise<{ mint: RunningMint; url: MintUrl }> {
  const mint = await startMint({ units: [{ unit: 'sat', inputFeePpk: feePpk }], ...options })
  closing.push(() => mint.close())
  return { mint, url: parseMintUrl(mint.url) }
}

function walletAt(url: MintUrl, options: TestWalletOptions = {}): TestWallet {
  const opened = openTestWallet({ trusted: [url], ...options })
  closing.push(() => opened.close())
  return opened
}

const nowSec = (): number => Math.floor(Date.now() / 1000)

describe.each([0, 100, 5000])('at a fee of %i ppk', (feePpk) => {
  test('what is sent arrives net of the fee, and nothing is lost on the way', async () => {
    const { mint, url } = await mintAt(feePpk)
    const { wallet: alice } = walletAt(url)
    const { wallet: bob } = walletAt(url)
    expect(await fund(alice, url, 1000n)).toMatchObject({ status: 'done', amountSat: 1000n, feeSat: 0n })
    const plan = await alice.planSpend(url, 77n, { locked: false })
    const sent = done(await alice.send(url, 77n, {}))
    expect(sent.amountSat + sent.feeSat).toBe(plan.totalSat)
    expect(held(alice, url)).toEqual({ available: 1000n - plan.totalSat, reserved: 0n })
    const received = done(await bob.receive(tokenOf(sent), {}))
    expect(received.amountSat).toBeGreaterThanOrEqual(77n)
    expect(received.amountSat + received.feeSat).toBe(sent.amountSat)
    expect(mint.stats().outstanding).toBe(held(alice, url).available + held(bob, url).available)
  })

  test('a locked payment is inspected, claimed, captured and refunded', async () => {
    const { mint, url } = await mintAt(feePpk)
    const { wallet: buyer } = walletAt(url)
    const { wallet: provider } = walletAt(url)
    await fund(buyer, url, 5000n)
    const refundKey = buyer.newRefundKey()
    const locktime = nowSec() + 900
    const terms = { pubkey: provider.paymentKey().pubkey, locktime, refundPubkey: refundKey.pubkey }
    const token = tokenOf(await buyer.lock(url, 600n, terms, {}))
    const inspected = await provider.inspect(token, [url])
    expect(inspected).toMatchObject({
      mint: url,
      unit: 'sat',
      lock: { kind: 'ours', locktime, refundPubkey: refundKey.pubkey },
    })
    expect(inspected.netSat).toBeGreaterThanOrEqual(600n)
    expect(await provider.tokenState(inspected)).toEqual({ state: 'unspent' })
    expect(await provider.hasValidDleq(inspected)).toBe(true)
    const captured = done(
      await provider.capture(inspected, { captureBefore: locktime - 300, lockEndsAt: locktime }),
    )
    expect(captured.amountSat).toBe(inspected.netSat)
    expect(await buyer.tokenState(inspected)).toMatchObject({
      state: 'spent',
      witness: expect.any(String) as string,
    })
    const plan = await provider.planRefund(url, 400n)
    const refund = done(await provider.refund(url, 400n, { lockTo: buyer.newRefundKey().pubkey }))
    expect(refund.amountSat).toBe(plan.tokenSat)
    const back = done(await buyer.receive(tokenOf(refund), { anyMint: true }))
    expect(back.amountSat).toBe(plan.receiverNetSat)
    expect(mint.stats().outstanding).toBe(held(buyer, url).available + held(provider, url).available)
  })
})
