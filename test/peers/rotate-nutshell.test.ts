// Does a mint that changes its keys while people rent cost anybody a sat or a machine?
import { expect, test } from 'vitest'
import { requirePeer } from '../support/peers/require-peer.ts'
import { until } from '../support/peers/until.ts'
import {
  balanceDocument,
  buyDocument,
  errorDocument,
  fundDocument,
  stopDocument,
  topupDocument,
} from '../support/product/documents.ts'
import { ledgerOf, ordersOf } from '../support/product/journals.ts'
import { openMarket, UNPAID, type Market } from '../support/product/market.ts'

const TEN_DAYS = 864_000

const rotate = async ({ mint }: Market, inputFeePpk: number) =>
  mint.rotateKeyset({ inputFeePpk, finalExpiry: Math.floor(Date.now() / 1000) + TEN_DAYS })

requirePeer('nutshell', 'auth-relay')('a nutshell mint that rotates its keysets', () => {
  // Two rotations within half a minute would be too many: a provider looks for new keysets at most that often.
  test.each([
    { when: 'before the purchase and before the stop', before: ['buy', 'stop'] },
    { when: 'before the top-up', before: ['topup'] },
  ])('$when: each command works, and the sums are right', async ({ before }) => {
    await using market = await openMarket({ mint: { inputFeePpk: 100, rpc: true } })
    const { buyer } = market
    const reach = async (command: string): Promise<void> => {
      if (before.includes(command)) await rotate(market, command === 'stop' ? 0 : 250)
    }
    await buyer.ask(fundDocument, ['wallet', 'fund', '300'])
    await reach('buy')
    const bought = await buyer.ask(buyDocument, ['buy', '--spec', 'basic', '--for', '2m'])
    await reach('topup')
    const more = await buyer.ask(topupDocument, ['topup', bought.name, '--for', '1m'])
    await reach('stop')
    const stopped = await buyer.ask(stopDocument, ['stop', bought.name])
    expect(stopped.refunded_sat).toBeGreaterThan(0)

    const { total_sat: left } = await buyer.ask(balanceDocument, ['wallet', 'balance'])
    const spent = [bought, more].reduce((sum, { paid }) => sum + paid.amount_sat + paid.fee_sat, 0)
    expect(left).toBe(300 - spent + stopped.refunded_sat)
    expect(market.settled().buyerSat).toBe(left)
  })

  test('between the lock and the capture: the coins of the old keys still pay', async () => {
    await using market = await openMarket({
      mint: { ...UNPAID, rpc: true },
    })
    const { buyer, provider } = market
    // The purchase waits for its invoice: the provider has given its quote and is held from here.
    const buying = buyer.start(['-o', 'json', 'buy', '--spec', 'basic', '--for', '2m'])
    await buying.says('lnbc')
    provider.pause()
    await market.payInvoices()
    await until('the payment', () => ordersOf(buyer.databasePath)[0]?.state === 'sent')
    expect(ledgerOf(provider.databasePath)).toEqual([])
    await rotate(market, 0)
    provider.resume()

    const result = await buying.result
    expect(result).toMatchObject({ code: 0 })
    const bought = buyDocument.parse(result.json())
    const inside = await buyer.run(['ssh', bought.name, '--', 'echo in'])
    expect(inside).toMatchObject({ code: 0, stdout: 'in\n' })
    expect(market.settled().providerSat).toBeGreaterThanOrEqual(12)
  })

  test('by hand, without an expiry: its 0 means never', async () => {
    await using market = await openMarket({ mint: { inputFeePpk: 100, rpc: true } })
    const { buyer, mint } = market
    await buyer.ask(fundDocument, ['wallet', 'fund', '300'])
    const zero = await mint.rotateKeyset({ inputFeePpk: 100 })
    expect(zero.final_expiry).toBe(0)
    const bought = await buyer.ask(buyDocument, ['buy', '--spec', 'basic', '--for', '2m'])
    await buyer.ask(fundDocument, ['wallet', 'fund', '10'])
    await buyer.ask(stopDocument, ['stop', bought.name])
    expect(market.settled().paidInSat).toBe(310)
  })

  test('to a keyset that has expired: commands and daemon say so, keep the money, and go on when it is mended', async () => {
    await using market = await openMarket({ mint: { inputFeePpk: 0, rpc: true } })
    const { buyer, provider, mint } = market
    await buyer.ask(fundDocument, ['wallet', 'fund', '300'])
    const bought = await buyer.ask(buyDocument, ['buy', '--spec', 'basic', '--for', '5m'])
    const { total_sat: before } = await buyer.ask(balanceDocument, ['wallet', 'balance'])

    await mint.rotateKeyset({ inputFeePpk: 0, finalExpiry: Math.floor(Date.now() / 1000) - 60 })
    const failures: unknown[] = []
    for (const args of [
      ['buy', '--spec', 'basic', '--for', '2m'],
      ['topup', bought.name, '--for', '1m'],
      ['wallet', 'send', '3'],
      ['wallet', 'fund', '10'],
      ['--timeout', '5s', 'stop', bought.name],
    ]) {
      const failed = await buyer.run(['-o', 'json', ...args])
      failures.push({ exit: failed.code, code: errorDocument.parse(failed.json()).error.code })
    }
    expect(failures).toEqual([
      { exit: 3, code: 'payment_not_started' },
      { exit: 1, code: 'mint_misbehaved' },
      { exit: 1, code: 'mint_misbehaved' },
      { exit: 7, code: 'outcome_unknown' },
      { exit: 7, code: 'outcome_unknown' },
    ])
    expect(provider.hasExited()).toBe(false)
    const { mints } = await buyer.ask(balanceDocument, ['wallet', 'balance'])
    expect(mints.map((kept) => kept.available_sat + kept.reserved_sat)).toEqual([before])

    await rotate(market, 0)
    expect(await buyer.run(['orders', 'recover'])).toMatchObject({ code: 0 })
    const [stopped, open] = ordersOf(buyer.databasePath)
    expect(stopped?.state).toBe('stopped')
    expect(open?.state).toBe('locked')
    const second = await buyer.ask(buyDocument, ['buy', '--order', open?.order_id ?? ''])
    expect(second.state).toBe('ready')
    expect(market.settled()).toMatchObject({ paidInSat: 310, feesSat: 0 })
  })
})
