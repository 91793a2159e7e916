// How often is the disk waited for when money moves? Once before the mint is asked and once after, however much there is to write down.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseMintUrl, type MintUrl } from '../../src/core/mint-url.ts'
import { startMint, type RunningMint } from '../../src/devnet/mint/start-mint.ts'
import type { MintConnection } from '../../src/wallet/mint-port.ts'
import { done, fund, openTestWallet, tokenOf, type TestWallet } from '../support/wallet/test-wallet.ts'

let mint: RunningMint
let url: MintUrl
let buyer: TestWallet
let provider: TestWallet
/** Commits to the disk and requests that move money, in their order. */
const happened: string[] = []
/** How often the keys of a keyset were read from the disk. */
let keysRead = 0

const overhear = (connection: MintConnection): MintConnection => ({
  ...connection,
  swap: async (...request) => {
    happened.push('swap')
    return connection.swap(...request)
  },
})

beforeAll(async () => {
  mint = await startMint({})
  url = parseMintUrl(mint.url)
  buyer = openTestWallet({ trusted: [url], overhear })
  provider = openTestWallet({ trusted: [url], overhear })
  for (const { database } of [buyer, provider]) {
    const { transaction, get } = database
    database.get = (sql, params) => {
      if (sql.startsWith('SELECT keys')) keysRead += 1
      return get(sql, params)
    }
    database.transaction = (work) => {
      const result = transaction(work)
      happened.push('commit')
      return result
    }
  }
  await fund(buyer.wallet, url, 2_000n)
  // What is written once and for all: keysets, keys, the seed.
  await purchase()
})

afterAll(async () => {
  await buyer.close()
  await provider.close()
  await mint.close()
})

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds

/** What happens on disk and at the mint in each movement of one purchase with its refund. */
async function purchase(): Promise<Record<string, string[]>> {
  const seen: Record<string, string[]> = {}
  const during = async <Result>(name: string, work: Promise<Result>): Promise<Result> => {
    const result = await work
    seen[name] = happened.splice(0)
    return result
  }
  const locktime = inSeconds(1_200)
  const pubkey = provider.wallet.paymentKey().pubkey
  const refundPubkey = buyer.wallet.newRefundKey().pubkey
  happened.length = 0
  const lock = await during('lock', buyer.wallet.lock(url, 127n, { pubkey, locktime, refundPubkey }, {}))
  const inspected = await during('inspect', provider.wallet.inspect(tokenOf(lock), [url]))
  const times = { captureBefore: inSeconds(600), lockEndsAt: locktime }
  done(await during('capture', provider.wallet.capture(inspected, times)))
  const refund = await during('refund', provider.wallet.refund(url, 50n, { lockTo: undefined }))
  done(await during('receive', buyer.wallet.receive(tokenOf(refund), {})))
  const sent = await during('send', buyer.wallet.send(url, 63n, {}))
  done(await during('swap', provider.wallet.receive(tokenOf(sent), {})))
  return seen
}

test('each movement of money is committed once before its swap and once after', async () => {
  const movement = ['commit', 'swap', 'commit']
  expect(await purchase()).toEqual({
    lock: movement,
    inspect: [],
    capture: movement,
    refund: movement,
    receive: movement,
    send: movement,
    swap: movement,
  })
})

test('the keys of a mint are read once, not with every coin', async () => {
  keysRead = 0
  await purchase()
  expect(keysRead).toBe(0)
})
