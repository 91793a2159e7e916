// Does renting add up to the sat with a mint that nobody here wrote, whatever it charges?
import { expect, test } from 'vitest'
import { requirePeer } from '../support/peers/require-peer.ts'
import type { Consumer } from '../support/product/consumer.ts'
import {
  balanceDocument,
  buyDocument,
  fundDocument,
  offersDocument,
  statusDocument,
  stopDocument,
  topupDocument,
} from '../support/product/documents.ts'
import { openMarket } from '../support/product/market.ts'

requirePeer('nutshell', 'auth-relay')('renting with a nutshell mint', () => {
  test.each([
    { inputFeePpk: 0, fundSat: 200 },
    { inputFeePpk: 100, fundSat: 200 },
    { inputFeePpk: 5000, fundSat: 1000 },
  ])(
    'at $inputFeePpk ppk: every sat is in one of the two wallets or was a fee',
    async ({ inputFeePpk, fundSat }) => {
      await using market = await openMarket({ mint: { inputFeePpk } })
      const { buyer, provider } = market

      const { offers } = await buyer.ask(offersDocument, ['offers'])
      expect(offers).toMatchObject([{ provider_npub: provider.npub, spec_id: 'basic', state: 'live' }])

      const funded = await buyer.ask(fundDocument, ['wallet', 'fund', `${fundSat}`])
      expect(funded).toMatchObject({ amount_sat: fundSat, state: 'funded' })

      const bought = await buyer.ask(buyDocument, ['buy', '--spec', 'basic', '--for', '2m'])
      expect(bought).toMatchObject({ state: 'ready', provider_npub: provider.npub })
      expect(bought.duration_seconds).toBeGreaterThanOrEqual(120)

      const inside = await buyer.run(['ssh', bought.name, '--', 'echo from inside'])
      expect(inside).toMatchObject({ code: 0, stdout: 'from inside\n' })

      const more = await buyer.ask(topupDocument, ['topup', bought.pod_npub, '--for', '1m'])
      expect(more.extended_duration_seconds).toBeGreaterThanOrEqual(60)
      expect(Date.parse(more.expires_at) - Date.parse(bought.expires_at)).toBe(
        more.extended_duration_seconds * 1000,
      )

      const status = await buyer.ask(statusDocument, ['status', bought.name])
      expect(status).toMatchObject({ pod_npub: bought.pod_npub, state: 'running' })

      const stopped = await buyer.ask(stopDocument, ['stop', bought.name])
      const plain = await rentPlain(buyer)
      const balance = await buyer.ask(balanceDocument, ['wallet', 'balance'])
      expect(balance.total_sat).toBe(fundSat - costOf(bought) - costOf(more) + stopped.refunded_sat - plain)

      const settled = market.settled()
      expect(settled).toMatchObject({ paidInSat: fundSat, buyerSat: balance.total_sat })
      expect(settled.feesSat > 0).toBe(inputFeePpk > 0)
    },
  )
})

/** Buys, tops up and stops with tokens that are locked to nobody; what it cost. */
async function rentPlain(buyer: Consumer): Promise<number> {
  const bought = await buyer.ask(buyDocument, ['buy', '--spec', 'basic', '--for', '2m', '--no-lock'])
  const more = await buyer.ask(topupDocument, ['topup', bought.pod_npub, '--for', '1m', '--no-lock'])
  expect(Date.parse(more.expires_at) - Date.parse(bought.expires_at)).toBe(
    more.extended_duration_seconds * 1000,
  )
  const stopped = await buyer.ask(stopDocument, ['stop', bought.name])
  expect(stopped.refunded_sat).toBeGreaterThan(0)
  return costOf(bought) + costOf(more) - stopped.refunded_sat
}

/** What left the wallet. */
function costOf({ paid }: { paid: { amount_sat: number; fee_sat: number } }): number {
  return paid.amount_sat + paid.fee_sat
}
