// Does the oracle read the books of a mint that nobody here wrote, and does it see there what is wrong?
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseMintUrl, type MintUrl } from '../../src/core/mint-url.ts'
import { readJournal } from '../oracle/journal-file.ts'
import { readMintBooks } from '../oracle/mint-books.ts'
import { reckon, type Reckoning, wrongs } from '../oracle/reckon.ts'
import { startNutshell, type Nutshell } from '../support/peers/nutshell.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { mintFile } from '../support/product/money.ts'
import { done, fund, openTestWallet, tokenOf, type TestWallet } from '../support/wallet/test-wallet.ts'

const LOCK_SECONDS = 900

requirePeer('nutshell')("the oracle, from a nutshell mint's database", () => {
  let mint: Nutshell
  let url: MintUrl
  let buyer: TestWallet
  let seller: TestWallet

  beforeAll(async () => {
    mint = await startNutshell({ inputFeePpk: 100, rpc: true })
    url = parseMintUrl(mint.url)
    buyer = openTestWallet({ trusted: [url], requestTimeoutMs: 10_000 })
    seller = openTestWallet({ trusted: [url], requestTimeoutMs: 10_000 })
  })
  afterAll(async () => {
    await Promise.all([buyer.close(), seller.close()])
    await mint.stop()
  })

  const journalOf = ({ home }: TestWallet): string => join(home, 'paygress.db')
  const reckoning = (): Reckoning =>
    reckon(readMintBooks(mintFile(mint.dir)), [
      readJournal('consumer', journalOf(buyer)),
      readJournal('provider', journalOf(seller)),
    ])
  const heldBy = (found: Reckoning, side: string): bigint => found.held[side] ?? 0n

  function change(path: string, sql: string): void {
    const database = new DatabaseSync(path, { timeout: 5_000 })
    database.exec(sql)
    database.close()
  }

  test('says of each sat where it is: in a wallet, in a locked token, or with the mint as its fee', async () => {
    await fund(buyer.wallet, url, 1_000n)
    await mint.rotateKeyset({ inputFeePpk: 1_000 })
    await fund(seller.wallet, url, 500n)
    done(await seller.wallet.receive(tokenOf(await buyer.wallet.send(url, 200n, {})), {}))
    const refundPubkey = buyer.wallet.newRefundKey().pubkey
    const locktime = Math.floor(Date.now() / 1000) + LOCK_SECONDS
    const terms = { pubkey: seller.wallet.paymentKey().pubkey, refundPubkey, locktime }
    const token = tokenOf(await buyer.wallet.lock(url, 100n, terms, {}))

    const found = reckoning()
    expect(wrongs(found)).toEqual([])
    expect(found).toMatchObject({ paidInSat: 1_500n, open: [] })
    expect(found.tokens).toMatchObject([
      { side: 'consumer', claimableBy: ['provider'], refundTo: 'consumer', refundAt: locktime },
    ])
    const inTokens = found.tokens.reduce((all, { sat }) => all + sat, 0n)
    expect(heldBy(found, 'consumer') + heldBy(found, 'provider') + inTokens + found.feesSat).toBe(1_500n)

    done(await seller.wallet.receive(token, {}))
    const later = reckoning()
    expect(wrongs(later)).toEqual([])
    expect(later.tokens).toEqual([])
    const feeSat = later.feesSat - found.feesSat
    expect(feeSat).toBeGreaterThan(0n)
    expect(heldBy(later, 'provider')).toBe(heldBy(found, 'provider') + inTokens - feeSat)
  })

  test('sees a coin that is lost, one that is there twice, and what the mint kept beyond its fee', () => {
    const one = (state: string): string =>
      `(SELECT y FROM wallet_coin WHERE state = '${state}' ORDER BY y LIMIT 1)`
    change(journalOf(buyer), `DELETE FROM wallet_coin WHERE y = ${one('unspent')}`)
    expect(wrongs(reckoning())).toEqual([expect.stringMatching(/^lost \d+ sat: .* no coin of its wallet$/)])
    change(journalOf(buyer), `UPDATE wallet_coin SET state = 'unspent' WHERE y = ${one('spent')}`)
    expect(wrongs(reckoning())[1]).toMatch(/^twice \d+ sat: consumer counts \w+…, which is spent$/)
    change(
      mintFile(mint.dir),
      'UPDATE proofs_used SET amount = amount + 7 WHERE y = (SELECT min(y) FROM proofs_used)',
    )
    expect(wrongs(reckoning())).toContain('lost 7 sat: the mint kept more than the fees of the journals')
  })
})
