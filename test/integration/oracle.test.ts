// Does the oracle see every sat, and does it see through a journal or a mint that is wrong? Real wallets and a real mint, then files changed by hand.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import type { MintUrl } from '../../src/core/mint-url.ts'
import { openMintFile } from '../../src/devnet/mint/mint-file.ts'
import { type RunningMint, startMint } from '../../src/devnet/mint/start-mint.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { done, fund, openTestWallet, type TestWallet, tokenOf } from '../support/wallet/test-wallet.ts'
import { readJournal } from '../oracle/journal-file.ts'
import { readMintBooks } from '../oracle/mint-books.ts'
import { type Reckoning, reckon, wrongs } from '../oracle/reckon.ts'
import { reportOf } from '../oracle/report.ts'

const MAIN = fileURLToPath(new URL('../oracle/main.ts', import.meta.url))
const LOCK_SECONDS = 900

let mintFile: string
let mint: RunningMint
let url: MintUrl
let buyer: TestWallet
let seller: TestWallet

beforeEach(async () => {
  mintFile = join(temporaryFolder('oracle'), 'mint.db')
  mint = await startMint({ store: openMintFile(mintFile), units: [{ unit: 'sat', inputFeePpk: 100 }] })
  url = parseMintUrl(mint.url)
  buyer = openTestWallet({ trusted: [url] })
  seller = openTestWallet({ trusted: [url] })
  await fund(buyer.wallet, url, 1_000n)
})

afterEach(async () => {
  await buyer.close()
  await seller.close()
  await mint.close()
})

const journalOf = ({ home }: TestWallet): string => join(home, 'paygress.db')

function reckoning(): Reckoning {
  return reckon(readMintBooks(mintFile), [
    readJournal('consumer', journalOf(buyer)),
    readJournal('provider', journalOf(seller)),
  ])
}

function change(path: string, sql: string): void {
  const database = new DatabaseSync(path, { timeout: 5_000 })
  database.exec(sql)
  database.close()
}

async function lockedPayment(): Promise<{ token: string; refundIndex: number; locktime: number }> {
  const refund = buyer.wallet.newRefundKey()
  const locktime = Math.floor(Date.now() / 1000) + LOCK_SECONDS
  const pubkey = seller.wallet.paymentKey().pubkey
  const terms = { pubkey, locktime, refundPubkey: refund.pubkey }
  const token = tokenOf(await buyer.wallet.lock(url, 100n, terms, {}))
  return { token, refundIndex: refund.index, locktime }
}

describe('names the place of every sat', () => {
  test('in a wallet, and in fees', async () => {
    await buyer.wallet.receive(tokenOf(await buyer.wallet.send(url, 100n, {})), {})
    const found = reckoning()
    expect(wrongs(found)).toEqual([])
    expect(found).toMatchObject({ paidInSat: 1_000n, tokens: [], open: [] })
    expect(found.feesSat).toBeGreaterThan(0n)
    expect((found.held['consumer'] ?? 0n) + found.feesSat).toBe(1_000n)
  })

  test('in a locked token, with who may claim it and when', async () => {
    const { locktime, token } = await lockedPayment()
    const found = reckoning()
    expect(wrongs(found)).toEqual([])
    expect(found.tokens).toMatchObject([
      { side: 'consumer', claimableBy: ['provider'], refundTo: 'consumer', refundAt: locktime },
    ])
    done(await seller.wallet.receive(token, {}))
    const later = reckoning()
    expect(wrongs(later)).toEqual([])
    expect(later).toMatchObject({ tokens: [], held: { provider: 100n } })
  })

  test('in an invoice that is paid and not yet turned into ecash', async () => {
    await buyer.wallet.requestInvoice(url, 50n)
    await expect.poll(() => reckoning().paidInSat).toBe(1_050n)
    expect(wrongs(reckoning())).toEqual([])
    expect(reckoning().held).toEqual({ consumer: 1_050n, provider: 0n })
  })

  test('in a wallet that was made anew from its words', async () => {
    const again = openTestWallet({ trusted: [url] })
    again.wallet.adoptWords(buyer.wallet.words())
    await again.wallet.restore(url, { signal: AbortSignal.timeout(20_000), onProgress: () => undefined })
    const found = reckon(readMintBooks(mintFile), [readJournal('consumer', journalOf(again))])
    await again.close()
    expect(found.held).toEqual({ consumer: 1_000n })
    expect(found.lost).toEqual([])
  })
})

describe('finds what is lost', () => {
  test('a coin that the wallet has forgotten', () => {
    change(journalOf(buyer), 'DELETE FROM wallet_coin WHERE y = (SELECT y FROM wallet_coin LIMIT 1)')
    expect(wrongs(reckoning())).toEqual([expect.stringMatching(/^lost \d+ sat: .* no coin of its wallet$/)])
  })

  test('a coin that is marked spent and is not', () => {
    change(
      journalOf(buyer),
      "UPDATE wallet_coin SET state = 'spent' WHERE y = (SELECT y FROM wallet_coin LIMIT 1)",
    )
    expect(wrongs(reckoning())).toEqual([expect.stringMatching(/^lost \d+ sat: .* marked spent there$/)])
  })

  test('a coin that is held for an operation which has ended', () => {
    change(
      journalOf(buyer),
      `UPDATE wallet_coin SET state = 'reserved', taken_by = made_by WHERE y = (SELECT y FROM wallet_coin LIMIT 1)`,
    )
    expect(wrongs(reckoning())).toEqual([expect.stringMatching(/^lost \d+ sat: .* which has ended$/)])
  })

  test('a signature for an output that was never journalled', () => {
    change(journalOf(buyer), 'DELETE FROM wallet_attempt')
    const found = reckoning()
    expect(found.lost.reduce((all, { sat }) => all + sat, 0n)).toBe(1_000n)
    expect(wrongs(found)[0]).toMatch(/which stands in no journal$/)
  })

  test('a token that nobody here can claim', async () => {
    const token = tokenOf(
      await buyer.wallet.lock(
        url,
        100n,
        {
          pubkey: `02${'79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'}`,
          locktime: Math.floor(Date.now() / 1000) + LOCK_SECONDS,
          refundPubkey: buyer.wallet.newRefundKey().pubkey,
        },
        {},
      ),
    )
    expect(token).toMatch(/^cashu/)
    expect(wrongs(reckoning())).toEqual([])
    change(journalOf(buyer), "DELETE FROM wallet_key WHERE role = 'refund'")
    expect(wrongs(reckoning()).join()).toMatch(/locked to nobody of these/)
  })

  test('a paid invoice whose row has gone', async () => {
    await buyer.wallet.requestInvoice(url, 50n)
    await expect.poll(() => reckoning().paidInSat).toBe(1_050n)
    change(journalOf(buyer), "DELETE FROM wallet_operation WHERE state = 'prepared'")
    expect(wrongs(reckoning())).toEqual([expect.stringMatching(/^lost 50 sat: the paid invoice/)])
  })

  test('what the mint kept beyond its fee', () => {
    change(
      mintFile,
      `INSERT INTO proofs SELECT '02ab', keyset_id, unit, 7, 'SPENT', NULL, NULL FROM signatures LIMIT 1`,
    )
    expect(wrongs(reckoning())).toEqual(['lost 7 sat: the mint kept more than the fees of the journals'])
  })
})

describe('finds what is there twice', () => {
  test('a coin in two wallets', () => {
    change(
      journalOf(seller),
      `ATTACH '${journalOf(buyer)}' AS theirs;
       INSERT INTO wallet_operation SELECT * FROM theirs.wallet_operation;
       INSERT INTO wallet_coin SELECT * FROM theirs.wallet_coin LIMIT 1`,
    )
    expect(wrongs(reckoning())).toEqual([
      expect.stringMatching(/^twice \d+ sat: .* can be spent by consumer and provider$/),
    ])
  })

  test('a coin that is spent at the mint', async () => {
    await buyer.wallet.send(url, 100n, {})
    change(journalOf(buyer), "UPDATE wallet_coin SET state = 'unspent' WHERE state = 'spent'")
    expect(wrongs(reckoning()).join()).toMatch(/twice \d+ sat: consumer counts \w+…, which is spent/)
  })

  test('a counter that two operations used', async () => {
    await buyer.wallet.send(url, 100n, {})
    change(
      journalOf(buyer),
      `INSERT INTO wallet_attempt SELECT o.id, 9, a.outputs, 0, 0 FROM wallet_attempt a, wallet_operation o
       WHERE o.id <> a.operation_id LIMIT 1`,
    )
    expect(wrongs(reckoning()).join()).toMatch(/one output was asked for by consumer \w+ \w+ and consumer/)
  })
})

test('prints the table, and ends with 1 where something is wrong', async () => {
  await lockedPayment()
  const run = () =>
    spawnSync(
      process.execPath,
      [MAIN, mintFile, `consumer=${journalOf(buyer)}`, `provider=${journalOf(seller)}`],
      {
        encoding: 'utf8',
      },
    )
  const right = run()
  expect(right).toMatchObject({ status: 0, stdout: `${reportOf(reckoning())}\n` })
  expect(right.stdout).toMatch(
    / 1000 sat {2}paid in\n.*with consumer\n.*with provider\n.*claimable by provider, from 20/,
  )
  change(journalOf(buyer), 'DELETE FROM wallet_coin')
  expect(run()).toMatchObject({ status: 1, stdout: expect.stringContaining('WRONG: lost') })
}, 20_000)
