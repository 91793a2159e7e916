// Does renting work over relays that nobody here wrote, each alone, both at once, and when one dies in the middle?
import { expect, test } from 'vitest'
import * as z from 'zod'
import { openRawRelayClient } from '../support/peers/raw-relay-client.ts'
import { startAuthRelay, startRustRelay } from '../support/peers/relays.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { until } from '../support/peers/until.ts'
import {
  buyDocument,
  fundDocument,
  statusDocument,
  stopDocument,
  topupDocument,
} from '../support/product/documents.ts'
import { ordersOf } from '../support/product/journals.ts'
import { openMarket, UNPAID } from '../support/product/market.ts'

/** The smallest message that common relays take. */
const SMALLEST_LIMIT = 16_384

const khatru = async () => startAuthRelay()
/** Challenges only together with its first refusal. */
const rust = async () => startRustRelay(['--auth-dm'])

requirePeer(
  'nutshell',
  'auth-relay',
  'rust-nostr',
)('renting over foreign relays', () => {
  test.each([
    { which: 'rust-nostr alone', relays: [rust] },
    { which: 'khatru and rust-nostr at once', relays: [khatru, rust] },
  ])('$which: buy, status and stop are answered', async ({ relays }) => {
    await using market = await openMarket({
      mint: { inputFeePpk: 100 },
      relays: relays.map(async (start) => start()),
    })
    const { buyer } = market
    await buyer.ask(fundDocument, ['wallet', 'fund', '100'])
    const bought = await buyer.ask(buyDocument, ['buy', '--spec', 'basic', '--for', '2m'])
    const status = await buyer.ask(statusDocument, ['status', bought.name])
    expect(status.state).toBe('running')
    await buyer.ask(stopDocument, ['stop', bought.name])
    market.settled()
  })

  test.each([
    { dying: 'khatru', index: 0 },
    { dying: 'rust-nostr', index: 1 },
  ])('$dying dies in the middle of a purchase and comes back: the other one serves it', async ({ index }) => {
    await using market = await openMarket({ mint: UNPAID, relays: [khatru(), rust()] })
    const { buyer, relays } = market
    const [dying, staying] = [relays[index], relays[1 - index]]
    const buying = buyer.start(['-o', 'json', 'buy', '--spec', 'basic', '--for', '2m'])
    await buying.says('lnbc')
    await dying?.kill()
    await market.payInvoices()
    const result = await buying.result
    expect(result).toMatchObject({ code: 0 })
    const { name } = buyDocument.parse(result.json())

    await dying?.restart()
    await staying?.kill()
    // The provider comes back to it by itself.
    const asked = async () => (await buyer.run(['--timeout', '3s', 'status', name])).code === 0
    await until('an answer over the relay that was dead', asked, 120_000)
    await buyer.ask(stopDocument, ['stop', name])
    market.settled()
  })

  test('the only relay dies with the request that it had just taken: the request is sent again', async () => {
    await using market = await openMarket({ mint: UNPAID, relays: [khatru()] })
    const { buyer, provider, relays } = market
    const buying = buyer.start(['-o', 'json', 'buy', '--spec', 'basic', '--for', '2m'])
    await buying.says('lnbc')
    // Gone, so that the request lies on the relay alone.
    await provider.kill()
    await market.payInvoices()
    await until('the payment', () => ordersOf(buyer.databasePath)[0]?.state === 'sent')
    await relays[0]?.kill()
    await relays[0]?.restart()
    await provider.restart()
    const result = await buying.result
    expect(result).toMatchObject({ code: 0 })
    const { name } = buyDocument.parse(result.json())
    await buyer.ask(stopDocument, ['stop', name])
    market.settled()
  })

  test('every message of expensive, wordy purchases passes the smallest limit', async () => {
    await using market = await openMarket({ mint: { inputFeePpk: 100 }, relays: [startRustRelay()] })
    const { buyer, relays } = market
    await buyer.ask(fundDocument, ['wallet', 'fund', '3200000'])
    const names: string[] = []
    // A wallet makes twenty coins of this.
    for (const lock of [[], ['--no-lock']]) {
      const wish = ['buy', '--spec', 'basic', '--amount', '1048575', '--user', 'u'.repeat(30), ...lock]
      names.push((await buyer.ask(buyDocument, [...wish, '--generate-password'])).name)
    }
    await buyer.ask(topupDocument, ['topup', names[0] ?? '', '--amount', '1048575'])
    for (const name of names) await buyer.ask(stopDocument, ['stop', name])
    const sizes = await wrapSizes(relays[0]?.url ?? '')
    // A request and its answer for each of two quotes, three payments, a quote for the top-up, two stops.
    expect(sizes.length).toBeGreaterThanOrEqual(16)
    expect(Math.max(...sizes)).toBeLessThan(SMALLEST_LIMIT)
    market.settled()
  })
})

/** Bytes of every message that carried a gift wrap. */
async function wrapSizes(relayUrl: string): Promise<number[]> {
  await using socket = await openRawRelayClient(relayUrl)
  socket.send('REQ', 'all', { kinds: [1059] })
  await socket.heard('EOSE', 'all')
  return socket
    .received()
    .filter(([type]) => type === 'EVENT')
    .map(([, , event]) => JSON.stringify(['EVENT', z.object({ id: z.string() }).loose().parse(event)]).length)
}
