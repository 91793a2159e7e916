// Do many processes buy out of one balance at a nutshell mint, all at once, without a coin or a counter used twice?
import { expect, test } from 'vitest'
import { requirePeer } from '../support/peers/require-peer.ts'
import { fundDocument } from '../support/product/documents.ts'
import { openMarket } from '../support/product/market.ts'
import { buyMany, NOTHING_ODD, oddities } from '../support/scenario/many-purchases.ts'

const MANY = { orders: 4, each: 2, atOnce: 4 }

requirePeer('nutshell', 'auth-relay')('many at once at a nutshell mint', () => {
  test(`${MANY.orders} purchases at a time by ${MANY.each} processes each, while another one funds`, async () => {
    await using market = await openMarket({ mint: { inputFeePpk: 100 } })
    const { buyer } = market
    await buyer.ask(fundDocument, ['wallet', 'fund', '255'])
    const [bought] = await Promise.all([
      buyMany(buyer.run, MANY),
      buyer.ask(fundDocument, ['wallet', 'fund', '30']),
    ])
    expect(new Set(bought.map(({ pod_npub }) => pod_npub)).size).toBe(MANY.orders)
    expect(oddities(buyer.databasePath)).toEqual(NOTHING_ODD)
    market.settled()
  })
})
