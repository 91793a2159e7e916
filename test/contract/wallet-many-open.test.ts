// Does a recovery wait for a mint's answers side by side? One after the other, a thousand operations would take two thousand round trips.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseMintUrl, type MintUrl } from '../../src/core/mint-url.ts'
import { startFaultyMint, type FaultyMint } from '../support/faulty-mint.ts'
import { fund, held, openTestWallet, type TestWallet } from '../support/wallet/test-wallet.ts'

const OPEN = 17
const AT_ONCE = 8

let mint: FaultyMint
let url: MintUrl
let before: TestWallet

beforeAll(async () => {
  mint = await startFaultyMint()
  url = parseMintUrl(mint.url)
  before = openTestWallet({ trusted: [url] })
  for (let at = 0; at < OPEN; at += 1) {
    await fund(before.wallet, url, 4n)
    mint.failNext({ path: '/v1/swap', kind: 'drop-after' })
    mint.failNext({ path: '/v1/restore', kind: '500-before' })
    await before.wallet.send(url, 3n, {})
  }
})

afterAll(async () => {
  await before.close()
  await mint.close()
})

test('the first shows whether the mint answers, the others are asked for eight at a time', async () => {
  expect(held(before.wallet, url).reserved).toBe(4n * BigInt(OPEN))
  let [asking, most] = [0, 0]
  const asked: number[] = []
  const full = Promise.withResolvers<void>()
  const { wallet } = openTestWallet({
    home: before.home,
    overhear: (connection) => ({
      ...connection,
      restore: async (...request) => {
        asking += 1
        asked.push(asking)
        most = Math.max(most, asking)
        if (asking === AT_ONCE) full.resolve()
        // Nobody but the first gets an answer before all places are taken.
        if (asked.length > 1) await full.promise
        const reply = await connection.restore(...request)
        asking -= 1
        return reply
      },
    }),
  })
  const report = await wallet.recover({ signal: AbortSignal.timeout(20_000) })
  expect(asked.slice(0, 2)).toEqual([1, 1])
  expect(most).toBe(AT_ONCE)
  expect(report.open).toEqual([])
  expect(report.ended).toHaveLength(OPEN)
  expect(held(wallet, url).reserved).toBe(0n)
  await wallet.close()
})
