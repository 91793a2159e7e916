// Does the money come back from the 12 words alone? Also after a rotation, over gaps, after a cut, and without ever taking a coin twice.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectMint } from '../../src/cashu/connect-mint.ts'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import type { MintUrl } from '../../src/core/mint-url.ts'
import { startMint } from '../../src/devnet/mint/start-mint.ts'
import type { RunningMint } from '../../src/devnet/mint/start-mint.ts'
import { walletStore } from '../../src/storage/wallet-store.ts'
import type { RestoreReport } from '../../src/wallet/recovery-report.ts'
import { valueOf } from '../../src/wallet/value-of.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { done, fund, held, openTestWallet, tokenOf } from '../support/wallet/test-wallet.ts'
import type { TestWallet } from '../support/wallet/test-wallet.ts'

let mint: RunningMint
let url: MintUrl
const open: TestWallet[] = []

beforeAll(async () => {
  mint = await startMint({ units: [{ unit: 'sat', inputFeePpk: 100 }] })
  url = parseMintUrl(mint.url)
})

afterAll(async () => {
  for (const { close } of open) await close()
  await mint.close()
})

function fresh(): TestWallet {
  const made = openTestWallet({ trusted: [url] })
  open.push(made)
  return made
}

async function restoreInto(
  { wallet }: TestWallet,
  words: string,
  onProgress: (soFar: RestoreReport) => void = () => undefined,
): Promise<RestoreReport> {
  wallet.adoptWords(words)
  return wallet.restore(url, { signal: AbortSignal.timeout(60_000), onProgress })
}

/** The mint knows each coin that the wallet counts as unspent. */
async function expectAllUnspent({ database }: TestWallet): Promise<void> {
  const ys = walletStore(database)
    .coins(url)
    .map(({ y }) => y)
  const states = valueOf(url, await connectMint(url, { clock: Date, timeoutMs: 5_000 }).states(ys))
  expect(new Set(states.map(({ state }) => state))).toEqual(new Set(['UNSPENT']))
}

describe('the words alone', () => {
  test('bring back what is unspent, of a retired keyset too, and not what was spent', async () => {
    const lost = fresh()
    await fund(lost.wallet, url, 300n)
    mint.rotate()
    await fund(lost.wallet, url, 500n)
    const spent = tokenOf(await lost.wallet.send(url, 100n, {}))
    await fresh().wallet.receive(spent, {})
    const { available } = held(lost.wallet, url)

    const found = fresh()
    const seen: bigint[] = []
    const report = await restoreInto(
      found,
      lost.wallet.words(),
      ({ restoredSat }) => void seen.push(restoredSat),
    )

    expect(report).toMatchObject({ restoredSat: available, unusable: 0 })
    expect(held(found.wallet, url)).toEqual({ available, reserved: 0n })
    expect(seen.at(-1)).toBe(available)
    expect(found.wallet.id()).toBe(lost.wallet.id())
    // Real coins: the mint takes every one of them.
    const all = tokenOf(await found.wallet.send(url, available - 10n, {}))
    expect(done(await fresh().wallet.receive(all, {})).amountSat).toBe(available - 10n)
  })

  test('bring back coins beyond counters that were burnt', async () => {
    const lost = fresh()
    await fund(lost.wallet, url, 7n)
    const store = walletStore(lost.database)
    const keyset = store.keysets(url).find(({ active }) => active)?.id ?? ''
    lost.wallet.transaction((tx) => store.within(tx).takeCounters(keyset, 480))
    await fund(lost.wallet, url, 9n)
    const found = fresh()
    expect(await restoreInto(found, lost.wallet.words())).toMatchObject({ restoredSat: 16n })
    // The next coin is made of a counter that nobody used before.
    await fund(found.wallet, url, 5n)
    expect(held(found.wallet, url).available).toBe(21n)
  })

  test('bring back the coins of an unclaimed token, which are counted once when it is taken in', async () => {
    const lost = fresh()
    await fund(lost.wallet, url, 100n)
    const token = tokenOf(await lost.wallet.send(url, 30n, {}))
    const found = fresh()
    await restoreInto(found, lost.wallet.words())
    const before = held(found.wallet, url).available
    const { feeSat } = done(await found.wallet.receive(token, {}))
    const { available } = held(found.wallet, url)
    expect(available).toBe(before - feeSat)
    await expectAllUnspent(found)
  })

  test('bring them back once, when the token uncovers that its counters were used', async () => {
    const older = fresh()
    await fund(older.wallet, url, 700n)
    const newer = fresh()
    newer.wallet.adoptWords(older.wallet.words())
    const token = tokenOf(await older.wallet.send(url, 500n, {}))
    const kept = held(older.wallet, url).available
    const { amountSat } = done(await newer.wallet.receive(token, {}))
    expect(held(newer.wallet, url)).toEqual({ available: kept + amountSat, reserved: 0n })
    await expectAllUnspent(newer)
  })

  test('bring back coins that somebody else takes, who is found out at their token', async () => {
    const lost = fresh()
    await fund(lost.wallet, url, 100n)
    const token = tokenOf(await lost.wallet.send(url, 30n, {}))
    const kept = held(lost.wallet, url).available
    const found = fresh()
    await restoreInto(found, lost.wallet.words())
    await fresh().wallet.receive(token, {})
    expect(await found.wallet.receive(token, {})).toMatchObject({ status: 'failed', reason: 'spent' })
    expect(held(found.wallet, url)).toEqual({ available: kept, reserved: 0n })
  })

  test('claim what a provider has locked to a refund key', async () => {
    const lost = fresh()
    const keys = Array.from({ length: 3 }, () => lost.wallet.newRefundKey())
    const provider = fresh()
    await fund(provider.wallet, url, 200n)
    const refund = tokenOf(await provider.wallet.refund(url, 100n, { lockTo: keys[2]?.pubkey }))
    const found = fresh()
    await restoreInto(found, lost.wallet.words())
    expect(done(await found.wallet.receive(refund, {})).amountSat).toBeGreaterThan(95n)
    expect(keys.map(({ pubkey }) => pubkey)).not.toContain(found.wallet.newRefundKey().pubkey)
  })

  test('go on where they were cut off, and find nothing twice', async () => {
    const lost = fresh()
    for (let time = 0; time < 9; time++) await fund(lost.wallet, url, 1023n)
    mint.rotate()
    await fund(lost.wallet, url, 1023n)
    const { available } = held(lost.wallet, url)
    const found = fresh()
    found.wallet.adoptWords(lost.wallet.words())
    const cut = new AbortController()
    await expect(
      found.wallet.restore(url, { signal: cut.signal, onProgress: ({ coins }) => coins > 0 && cut.abort() }),
    ).rejects.toThrow(/abort/i)
    const part = held(found.wallet, url).available
    expect(part).toBeGreaterThan(0n)
    expect(part).toBeLessThan(available)
    expect(await restoreInto(found, lost.wallet.words())).toMatchObject({ restoredSat: available - part })
    expect(await restoreInto(found, lost.wallet.words())).toMatchObject({ restoredSat: 0n })
    expect(held(found.wallet, url).available).toBe(available)
  })

  test('never make a coin of a counter that was used before, whatever command comes first', async () => {
    const lost = fresh()
    await fund(lost.wallet, url, 64n)
    const found = fresh()
    found.wallet.adoptWords(lost.wallet.words())
    await Promise.all([
      found.wallet.restore(url, { signal: AbortSignal.timeout(60_000), onProgress: () => undefined }),
      fund(found.wallet, url, 100n),
    ])
    expect(held(found.wallet, url).available).toBe(164n)
  })
})

describe('an old copy of the folder', () => {
  test.each([64n, 100n, 37n])(
    'never takes the coins of the newer one for what it is paid: %s sat come in once, and are real',
    async (sat) => {
      const newer = fresh()
      await fund(newer.wallet, url, 64n)
      const home = temporaryFolder('old-copy')
      newer.database.get('SELECT 1')
      new DatabaseSync(newer.database.path).prepare('VACUUM INTO ?').run(join(home, 'paygress.db'))
      for (let time = 0; time < 4; time++) await fund(newer.wallet, url, 64n)
      const copy = openTestWallet({ home })
      open.push(copy)
      const { outstanding } = mint.stats()
      const quote = await copy.wallet.requestInvoice(url, sat)
      await copy.wallet.awaitFunding(quote.operationId, { signal: AbortSignal.timeout(20_000) })
      // The row waits until nothing of its first request can land.
      const settled = async () => copy.wallet.settle(quote.operationId, AbortSignal.timeout(20_000))
      await expect.poll(async () => (await settled()).status, { timeout: 20_000, interval: 500 }).toBe('done')
      expect(mint.stats().outstanding).toBe(outstanding + sat)
      // What the newer one made of the very same counters is found as well.
      expect(held(copy.wallet, url)).toEqual({ available: 5n * 64n + sat, reserved: 0n })
      const all = tokenOf(await copy.wallet.send(url, held(copy.wallet, url).available - 10n, {}))
      done(await fresh().wallet.receive(all, {}))
    },
  )
})

describe('words', () => {
  const WORDS =
    'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about'

  test('are taken in any spelling of spaces and capitals', () => {
    const { wallet } = fresh()
    wallet.adoptWords(`  ${WORDS.toUpperCase().replaceAll(' ', '\n ')}\n`)
    expect(wallet.words()).toBe(WORDS)
  })

  test.each([
    ['numbered', (word: string, at: number) => `${at + 1}. ${word}`, ' '],
    ['numbered, without spaces', (word: string, at: number) => `${at + 1}.${word}`, '\n'],
    ['in quotes, with commas', (word: string) => `"${word}"`, ', '],
  ])('are taken %s, as people write them down', (_, written, between) => {
    const { wallet } = fresh()
    wallet.adoptWords(WORDS.split(' ').map(written).join(between))
    expect(wallet.words()).toBe(WORDS)
  })

  test.each([
    ['', /12 words are needed, and there are 0/],
    [WORDS.replace(' about', ''), /12 words are needed, and there are 11/],
    [WORDS.replace('about', 'abandon'), /checksum/],
    [WORDS.replace('about', 'hunter2'), /word 12 of 12/],
  ])('that are none are refused and not repeated: %#', (words, says) => {
    const { wallet } = fresh()
    expect(() => wallet.adoptWords(words)).toThrow(says)
    expect(() => wallet.adoptWords(words)).not.toThrow(/hunter2/)
    expect(wallet.hasWords()).toBe(false)
  })

  test('never take the place of others', () => {
    const { wallet } = fresh()
    const own = wallet.words()
    expect(() => wallet.adoptWords(WORDS)).toThrow(/words of its own/)
    expect(wallet.words()).toBe(own)
  })
})
