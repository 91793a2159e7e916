// Do tokens go both ways between our commands and a wallet that nobody here wrote?
import { beforeAll, expect, test } from 'vitest'
import { requirePeer } from '../support/peers/require-peer.ts'
import { nutshellWallet, type NutshellWallet } from '../support/peers/nutshell-wallet.ts'
import { consumer } from '../support/product/consumer.ts'
import { buyDocument, fundDocument, receiveDocument, sendDocument } from '../support/product/documents.ts'
import { openMarket, type Market } from '../support/product/market.ts'
import { heldSat, outstandingSat } from '../support/product/money.ts'

requirePeer('nutshell', 'auth-relay')("nutshell's wallet and ours", () => {
  let market: Market
  let alice: NutshellWallet

  beforeAll(async () => {
    market = await openMarket({ mint: { inputFeePpk: 100 } })
    alice = nutshellWallet(market.mint.url)
    await alice.fund(300)
    return async () => market[Symbol.asyncDispose]()
  })

  const newBuyer = () => consumer({ relays: market.relays.map(({ url }) => url), mint: market.mint.url })

  test.each([
    { how: 'locked to the provider on the way', flags: [] },
    { how: 'handed on as it is', flags: ['--no-lock'] },
  ])('a token of nutshell pays for a pod, $how', async ({ flags }) => {
    const buyer = newBuyer()
    const [aliceBefore, providerBefore] = [
      await alice.balance(),
      await heldSat(market.provider.databasePath, market.mint.url),
    ]
    const outstandingBefore = outstandingSat(market.mint.dir)
    const token = await alice.send(30)
    const bought = await buyer.ask(
      buyDocument,
      ['buy', '--spec', 'basic', '--for', '2m', '--token', '-', ...flags],
      { stdin: `${token}\n` },
    )
    expect(bought.state).toBe('ready')
    const inside = await buyer.run(['ssh', bought.name, '--', 'echo paid'])
    expect(inside).toMatchObject({ code: 0, stdout: 'paid\n' })
    const gone = aliceBefore - (await alice.balance())
    const came =
      (await heldSat(buyer.databasePath, market.mint.url)) +
      (await heldSat(market.provider.databasePath, market.mint.url)) -
      providerBefore
    expect(gone - came).toBe(outstandingBefore - outstandingSat(market.mint.dir))
    expect(came).toBeGreaterThanOrEqual(27)
  })

  test('what we send, and the change that is left, nutshell receives', async () => {
    const buyer = newBuyer()
    await buyer.ask(fundDocument, ['wallet', 'fund', '64'])
    const first = await buyer.ask(sendDocument, ['wallet', 'send', '21'])
    const before = await alice.balance()
    await alice.receive(first.token)
    expect((await alice.balance()) - before).toBe(21)
    const left = await heldSat(buyer.databasePath, market.mint.url)
    const rest = await buyer.ask(sendDocument, ['wallet', 'send', `${left - 4}`])
    await alice.receive(rest.token)
    expect((await alice.balance()) - before).toBe(21 + left - 4)
    const again = await buyer.run(['wallet', 'receive', '-'], { stdin: first.token })
    expect(again.code).not.toBe(0)
  })

  test('what nutshell sends, we receive', async () => {
    const buyer = newBuyer()
    const received = await buyer.ask(receiveDocument, ['wallet', 'receive', '-'], {
      stdin: await alice.send(20),
    })
    expect(received.received_sat).toBe(20)
    expect(await heldSat(buyer.databasePath, market.mint.url)).toBe(20)
  })
})
