// How many orders can a provider take in a second from a nutshell mint, and whose work is its processor time? Machines cost nothing here.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import { unwrapGift } from '../../src/nostr/unwrap-gift.ts'
import { alice, bob, clock, message, person, wrapFor } from '../nostr/people.ts'
import { startNutshell } from '../support/peers/nutshell.ts'
import { peerPath } from '../support/peers/require-peer.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import {
  ask,
  lockedPurchase,
  movableClock,
  openProvider,
  type ProviderPlace,
  type RunningProvider,
} from '../support/provider/test-provider.ts'
import { fund, openTestWallet } from '../support/wallet/test-wallet.ts'
import type { Figure } from './figures.ts'
import { noOpCompute } from './no-op-compute.ts'
import { processorMsOf, profileWork, scaled } from './profile-work.ts'

const ORDERS = Number(process.env['BENCH_ORDERS'] ?? 100)
/** So many load everything and do not count. */
const FIRST = 30
/** So many more say whose the work is: a profiler costs time of its own, which must not count. */
const PROFILED = 50
const ALL = FIRST + ORDERS + PROFILED
const AT_ONCE = 8
const NET_SAT = 120n
const REQUEST_MS = 15_000

/** Nothing where the machine has no such mint, and says so. */
export async function orders(): Promise<Figure[]> {
  try {
    peerPath('nutshell')
  } catch (error) {
    console.log(`orders are left out: ${error instanceof Error ? error.message : String(error)}`)
    return []
  }
  await using mint = await startNutshell({ inputFeePpk: 100 })
  const url = parseMintUrl(mint.url)
  const buyer = openTestWallet({ trusted: [url], requestTimeoutMs: REQUEST_MS })
  const compute = noOpCompute()
  const place = {
    home: join(temporaryFolder('bench-orders')),
    clock: movableClock(),
    url,
    buyer,
    compute,
  }
  const provider = await openProvider(
    { ...place, zombies: [] },
    {
      requestTimeoutMs: REQUEST_MS,
      config: { ratePerSenderPerMin: 1_000_000 },
    },
  )
  try {
    await fund(buyer.wallet, url, (NET_SAT + 20n) * BigInt(ALL))
    const texts = await wrappedOrders(place, provider)
    await serve(provider, texts.splice(0, FIRST))
    return await figures(provider, texts, () => processorMs(mint.pid))
  } finally {
    await provider.stop()
    await buyer.close()
  }
}

async function figures(provider: RunningProvider, texts: string[], mintMs: () => number): Promise<Figure[]> {
  const [began, before] = [performance.now(), mintMs()]
  const cpuMs = await processorMsOf(() => serve(provider, texts.splice(0, ORDERS)))
  const seconds = (performance.now() - began) / 1000
  const atMint = (mintMs() - before) / ORDERS
  const shares = scaled(await profileWork(() => serve(provider, texts)), cpuMs)
  const reference = { what: 'the mint', value: atMint }
  const each = (what: string, ms: number): Figure => ({
    what: `orders: processor time of each, ${what}`,
    ours: ms / ORDERS,
    unit: 'ms',
    reference,
  })
  return [
    { what: 'orders taken with a nutshell mint', ours: ORDERS / seconds, unit: '/s' },
    each('ecash library', shares.ecash),
    each("Nostr's arithmetic", shares.nostr),
    each('the rest', shares.rest),
  ]
}

/** Gift wraps as a relay would hand them over: each of another buyer. */
async function wrappedOrders(place: ProviderPlace, provider: RunningProvider): Promise<string[]> {
  const texts: string[] = []
  for (let at = 0; at < ALL; at += 1) {
    const from = person(`buyer ${at}`)
    const purchase = await lockedPurchase(place, provider, { netSat: NET_SAT, sender: from.publicKey })
    const wrap = await wrapFor(bob, message(from, bob, JSON.stringify(purchase.message)), from)
    texts.push(JSON.stringify(wrap))
  }
  return texts
}

async function serve(provider: RunningProvider, texts: readonly string[]): Promise<void> {
  const waiting = [...texts]
  const inTurn = async (): Promise<void> => {
    for (let text = waiting.shift(); text !== undefined; text = waiting.shift()) {
      const opened = await unwrapGift(JSON.parse(text), bob, { clock })
      if (!opened.ok) throw new Error(opened.fault)
      const { sender, rumor } = opened.gift
      const reply = await ask(provider, rumor.content, { sender })
      if (reply === undefined || !reply.includes('"pod_npub"')) throw new Error(`not served: ${reply}`)
      await wrapFor(alice, message(bob, alice, reply), bob)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, inTurn))
}

/** Processor time of a process so far, as Linux counts it. */
function processorMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // Fields 14 and 15 of proc(5), in ticks of 10 ms.
  return (Number(fields[11]) + Number(fields[12])) * 10
}
