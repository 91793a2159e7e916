// Do many commands of one home, all at once, ever spend a coin twice, use a counter twice, or wait for each other for ever?
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { readJournal } from '../oracle/journal-file.ts'
import { readMintBooks } from '../oracle/mint-books.ts'
import { reckon, wrongs } from '../oracle/reckon.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { type DevnetProcess, startDevnetProcess } from '../support/scenario/devnet-process.ts'
import { startServe } from '../support/scenario/serve-process.ts'
import { buyMany, type Many, NOTHING_ODD, oddities } from '../support/scenario/many-purchases.ts'

/** `PAYGRESS_MANY=50x3x5` buys fifty orders by three processes each, five orders at a time: minutes on two cores. */
const MANY = manyOf(process.env.PAYGRESS_MANY) ?? { orders: 8, each: 3, atOnce: 3 }
const FUNDS_SAT = 50
const MINUTES = 20

function manyOf(text: string | undefined): Many | undefined {
  if (text === undefined) return undefined
  const [orders = 0, each = 1, atOnce = orders] = text.split('x').map(Number)
  return { orders, each, atOnce }
}

let net: DevnetProcess
const providerFolder = temporaryFolder('provider')

beforeAll(async () => {
  net = await startDevnetProcess({ args: ['--no-provider'] })
  const provider = await startServe({
    dir: providerFolder,
    relays: [net.relay],
    mints: [net.mint],
    // So many requests of one sender are refused for a minute otherwise.
    env: { RATE_LIMIT_PER_SENDER: '10000', RATE_LIMIT_PER_RELAY: '100000' },
  })
  return async () => {
    await provider.process.end('SIGTERM')
    await net.stop()
  }
})

test(
  `${MANY.orders} purchases by ${MANY.each} processes each out of one balance, ${MANY.atOnce} at a time, while others fund and send`,
  async () => {
    const mustRun = async (...args: string[]): Promise<void> => {
      const { code, stderr } = await net.run([...args, '--timeout', '10m'])
      expect({ code, stderr }).toMatchObject({ code: 0 })
    }
    // In several invoices: a wallet of few coins would have them all on their way as change.
    for (let time = 0; time < 4; time++)
      await mustRun('wallet', 'fund', String(Math.ceil((MANY.orders * FUNDS_SAT) / 4)))
    const [bought] = await Promise.all([
      buyMany(net.run, MANY),
      mustRun('wallet', 'fund', '30'),
      mustRun('wallet', 'send', '20'),
    ])
    expect(new Set(bought.map(({ pod_npub }) => pod_npub)).size).toBe(MANY.orders)

    const database = join(net.home, 'data', 'paygress.db')
    expect(oddities(database)).toEqual(NOTHING_ODD)
    const reckoning = reckon(readMintBooks(join(net.dir, 'mint.db')), [
      readJournal('buyer', database),
      readJournal('provider', join(providerFolder, 'paygress.db')),
    ])
    expect(wrongs(reckoning)).toEqual([])
    // The one that was sent.
    expect(reckoning.tokens).toMatchObject([{ side: 'buyer', claimableBy: ['buyer'] }])
  },
  MINUTES * 60_000,
)
