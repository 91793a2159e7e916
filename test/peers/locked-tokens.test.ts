// Does a locked token open on the other side, whoever made it: our wallet or one that nobody here wrote?
import { expect, test } from 'vitest'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import { startNutshell } from '../support/peers/nutshell.ts'
import { nutshellWallet } from '../support/peers/nutshell-wallet.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { done, fund, openTestWallet, tokenOf } from '../support/wallet/test-wallet.ts'

const HOUR_SEC = 3600

requirePeer('nutshell')("locked tokens of nutshell's wallet and of ours", () => {
  test.each([{ inputFeePpk: 0 }, { inputFeePpk: 100 }])(
    'cross both ways at $inputFeePpk ppk',
    async (fee) => {
      await using mint = await startNutshell(fee)
      const url = parseMintUrl(mint.url)
      const { wallet, close } = openTestWallet({ trusted: [url], requestTimeoutMs: 10_000 })
      const theirs = nutshellWallet(mint.url)
      await theirs.fund(100)
      await fund(wallet, url, 100n)
      // What one coin, or some, cost at most.
      const mostFee = fee.inputFeePpk === 0 ? 0 : 1

      const locktime = Math.floor(Date.now() / 1000) + HOUR_SEC
      const before = await theirs.balance()
      const toThem = await wallet.lock(
        url,
        16n,
        { pubkey: await theirs.lockKey(), refundPubkey: wallet.newRefundKey().pubkey, locktime },
        {},
      )
      await theirs.receive(tokenOf(toThem))
      // The token is worth what it nets: the fee of its receiver comes on top.
      expect((await theirs.balance()) - before).toBe(16)

      const lockTo = wallet.paymentKey().pubkey
      const toUs = await theirs.send(20, { lockTo, locktimeSec: HOUR_SEC, refundTo: await theirs.lockKey() })
      const { amountSat } = done(await wallet.receive(toUs, {}))
      expect(Number(amountSat)).toBeGreaterThanOrEqual(20 - mostFee)
      expect(await wallet.receive(toUs, {})).toMatchObject({ status: 'failed', reason: 'spent' })
      await close()
    },
  )
})
