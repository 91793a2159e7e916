// Does a wallet do arithmetic while it holds the database? Every other process of the same home would wait for it.
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ecash } from '../../src/cashu/ecash.ts'
import { parseMintUrl, type MintUrl } from '../../src/core/mint-url.ts'
import { startMint, type RunningMint } from '../../src/devnet/mint/start-mint.ts'
import { done, fund, openTestWallet, tokenOf, type TestWallet } from '../support/wallet/test-wallet.ts'

let mint: RunningMint
let url: MintUrl
let home: TestWallet
let provider: TestWallet
let isLocked = false
const slow: string[] = []

beforeAll(async () => {
  mint = await startMint({})
  url = parseMintUrl(mint.url)
  home = openTestWallet({ trusted: [url] })
  provider = openTestWallet({ trusted: [url] })
  for (const { database } of [home, provider]) {
    const { transaction } = database
    database.transaction = (work) =>
      transaction((tx) => {
        isLocked = true
        try {
          return work(tx)
        } finally {
          isLocked = false
        }
      })
  }
  for (const name of ['seedOutputs', 'lockedOutputs', 'proofY', 'unblind'] as const) watch(name)
})

afterAll(async () => {
  vi.restoreAllMocks()
  await home.close()
  await provider.close()
  await mint.close()
})

/** Notes what is reckoned while a transaction lasts. */
function watch(name: 'seedOutputs' | 'lockedOutputs' | 'proofY' | 'unblind'): void {
  const reckon: (...args: never[]) => unknown = ecash[name]
  vi.spyOn(ecash, name).mockImplementation((...args: unknown[]) => {
    if (isLocked) slow.push(name)
    return reckon(...(args as never[])) as never
  })
}

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds

test('no movement of money is reckoned out while other processes wait for the database', async () => {
  const { wallet } = home
  await fund(wallet, url, 2_000n)
  const locktime = inSeconds(1_200)
  const terms = () => ({
    pubkey: provider.wallet.paymentKey().pubkey,
    locktime,
    refundPubkey: wallet.newRefundKey().pubkey,
  })
  const token = tokenOf(await wallet.lock(url, 127n, terms(), {}))
  const inspected = await provider.wallet.inspect(token, [url])
  done(await provider.wallet.capture(inspected, { captureBefore: inSeconds(600), lockEndsAt: locktime }))
  done(await wallet.receive(tokenOf(await provider.wallet.refund(url, 50n, { lockTo: undefined })), {}))
  const plain = tokenOf(await wallet.send(url, 63n, {}))
  done(await provider.wallet.receive(plain, {}))
  expect(slow).toEqual([])
})

test('what another process took meanwhile is not made twice of: the rest is reckoned anew', async () => {
  const { wallet } = home
  const outputs = await Promise.all([1n, 2n, 3n, 4n].map(async (sat) => wallet.send(url, sat, {})))
  const tokens = outputs.map((outcome) => tokenOf(outcome))
  expect(new Set(tokens).size).toBe(4)
  for (const token of tokens) done(await wallet.receive(token, {}))
  expect(mint.stats().outstanding).toBeGreaterThan(0n)
})
