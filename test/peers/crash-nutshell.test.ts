// Is a purchase finished, or paid back, once, when either side is killed in the middle? The judge is a nutshell mint.
import { expect, test } from 'vitest'
import { fakeClock } from '../support/peers/fake-clock.ts'
import { openRawRelayClient } from '../support/peers/raw-relay-client.ts'
import { startRustRelay } from '../support/peers/relays.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { until } from '../support/peers/until.ts'
import {
  balanceDocument,
  buyDocument,
  ordersDocument,
  statusDocument,
  stopDocument,
} from '../support/product/documents.ts'
import { ledgerOf, operationsOf, ordersOf } from '../support/product/journals.ts'
import { holdWriting } from '../support/product/money.ts'
import { openMarket, UNPAID, type Market } from '../support/product/market.ts'
import type { RunningCli } from '../support/run-cli.ts'

const BUY = ['-o', 'json', 'buy', '--spec', 'basic', '--for', '2m']

/** Starts a purchase that has its quote and its preview and waits for its invoice. */
async function startBuying({ buyer }: Market): Promise<RunningCli> {
  const buying = buyer.start(BUY)
  await buying.says('lnbc')
  return buying
}

requirePeer(
  'nutshell',
  'auth-relay',
  'faketime',
)('killed in the middle of a purchase', () => {
  test('the provider, when it has just taken the order: started again it delivers', async () => {
    await using market = await openMarket({ mint: { ...UNPAID, inputFeePpk: 0 } })
    const { provider } = market
    const buying = await startBuying(market)
    await market.payInvoices()
    await until('the order at the provider', () => ledgerOf(provider.databasePath).length === 1)
    await provider.kill()
    await provider.restart()
    expect(await outcomeOf(market, buying)).toEqual(DELIVERED_ONCE)
  })

  test('the provider, while its capture is on the way: started again it delivers', async () => {
    await using market = await openMarket({ mint: { ...UNPAID, inputFeePpk: 5000 } })
    const { buyer, provider, mint } = market
    const buying = await startBuying(market)
    provider.pause()
    await market.payInvoices()
    await until('the request', () => ordersOf(buyer.databasePath)[0]?.state === 'sent')
    // The mint answers questions and cannot write: whoever swaps has to wait.
    using writing = holdWriting(mint.dir)
    provider.resume()
    await until('the capture', () => captures(market).length === 1)
    await provider.kill()
    writing.release()
    await provider.restart()
    expect(await outcomeOf(market, buying)).toEqual(DELIVERED_ONCE)
  })

  test('the consumer, when its request is out: the recovery finds the machine', async () => {
    // A relay that shows what it has to everybody.
    await using market = await openMarket({ mint: UNPAID, relays: [startRustRelay()] })
    const { buyer, provider, relays } = market
    const buying = await startBuying(market)
    provider.pause()
    await using relay = await openRawRelayClient(relays[0]?.url ?? '')
    relay.send('REQ', 'wraps', { kinds: [1059] })
    await relay.heard('EOSE', 'wraps')
    const wraps = () => relay.received().filter(([type]) => type === 'EVENT').length
    const before = wraps()
    await market.payInvoices()
    await until('the request', () => wraps() > before)
    await buying.end('SIGKILL')
    provider.resume()
    await expect
      .poll(() => ledgerOf(provider.databasePath).map(({ state }) => state), { timeout: 60_000 })
      .toEqual(['delivered'])

    expect(await buyer.run(['orders', 'recover'])).toMatchObject({ code: 0 })
    const { orders } = await buyer.ask(ordersDocument, ['orders', 'list'])
    expect(orders).toMatchObject([{ kind: 'buy', state: 'ready' }])
    const pod = orders[0]?.pod_npub ?? ''
    expect(await buyer.run(['ssh', pod, '--', 'echo here'])).toMatchObject({ code: 0, stdout: 'here\n' })
    expect(captures(market)).toEqual([{ kind: 'capture', state: 'done' }])
    market.settled()
  })

  test('both, and the provider for ever: after the lock the money is back', async () => {
    await using market = await openMarket({ mint: UNPAID })
    const { buyer, provider, mint } = market
    const buying = await startBuying(market)
    await provider.kill()
    await market.payInvoices()
    await until('the request', () => ordersOf(buyer.databasePath)[0]?.state === 'sent')
    await buying.end('SIGKILL')

    await mint.kill()
    await mint.restart({ clockOffset: '+2h' })
    const later = await buyer.run(['--timeout', '3s', 'orders', 'recover'], {
      env: fakeClock('+2h'),
    })
    expect(later).toMatchObject({ code: 0 })
    expect(ordersOf(buyer.databasePath)).toMatchObject([{ state: 'reclaimed' }])
    const { paidInSat, buyerSat, providerSat, feesSat } = market.settled()
    expect({ buyerSat, providerSat }).toEqual({ buyerSat: paidInSat - feesSat, providerSat: 0 })
    expect(feesSat).toBeLessThanOrEqual(2)
  })
})

const DELIVERED_ONCE = {
  exit: 0,
  ledger: ['delivered'],
  captures: [{ kind: 'capture', state: 'done' }],
  said: 'here\n',
  state: 'running',
}

/** How the purchase ended, what was paid for it, and whether the machine is there; the machine is given back. */
async function outcomeOf(market: Market, buying: RunningCli): Promise<typeof DELIVERED_ONCE> {
  const { buyer, provider } = market
  const result = await buying.result
  const { name, paid } = buyDocument.parse(result.json())
  const ledger = ledgerOf(provider.databasePath).map(({ state }) => state)
  const inside = await buyer.run(['ssh', name, '--', 'echo here'])
  const { state } = await buyer.ask(statusDocument, ['status', name])
  const { refunded_sat: refunded } = await buyer.ask(stopDocument, ['stop', name])
  const { total_sat: left } = await buyer.ask(balanceDocument, ['wallet', 'balance'])
  expect(refunded).toBeLessThan(paid.amount_sat)
  const { paidInSat, buyerSat } = market.settled()
  expect(left).toBe(paidInSat - paid.amount_sat - paid.fee_sat + refunded)
  expect(buyerSat).toBe(left)
  const said = inside.code === 0 ? inside.stdout : inside.stderr
  return { exit: result.code, ledger, captures: captures(market), said, state }
}

function captures({ provider }: Market): { kind: string; state: string }[] {
  return operationsOf(provider.databasePath).filter(({ kind }) => kind === 'capture')
}
