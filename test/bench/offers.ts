// How soon does `paygress offers` show its first row where one of three relays is dead?
import { createServer, type Server } from 'node:net'
import { memoryEventStore } from '../../src/devnet/relay/event-store.ts'
import { startRelay } from '../../src/devnet/relay/start-relay.ts'
import { offerTags, OFFER_KIND } from '../../src/protocol/offer-event.ts'
import { nowSec, person } from '../nostr/people.ts'
import { type Figure, median } from './figures.ts'
import { program, timeNode } from './run-program.ts'

const RUNS = 7
const PROVIDERS = 20

export async function offers(home: string): Promise<Figure[]> {
  const store = memoryEventStore()
  for (let at = 0; at < PROVIDERS; at += 1) store.save(await offerOf(`provider ${at}`), nowSec())
  const relays = [await startRelay({ store }), await startRelay({ store })]
  const dead = await silentServer()
  try {
    const urls = [...relays.map(({ url }) => url), dead.url]
    const words = program('offers', ...urls.flatMap((url) => ['--relay', url]))
    const [empty, first, total]: [number[], number[], number[]] = [[], [], []]
    for (let run = 0; run <= RUNS; run += 1) {
      const node = await timeNode(['-e', '0'])
      const { firstMs, totalMs } = await timeNode(words, hasRow, { PAYGRESS_HOME: home })
      if (firstMs === undefined) throw new Error('paygress offers showed no row')
      if (run === 0) continue
      empty.push(node.totalMs)
      first.push(firstMs)
      total.push(totalMs)
    }
    const start = median(empty)
    return [
      { what: 'offers: first row, less the start of Node', ours: median(first) - start, unit: 'ms' },
      { what: 'offers: all of it, one relay of three dead', ours: median(total) - start, unit: 'ms' },
    ]
  } finally {
    await Promise.all([...relays.map((relay) => relay.close()), dead.close()])
  }
}

/** The header and one row. */
function hasRow(stdout: string): boolean {
  return stdout.split('\n').length > 2
}

async function offerOf(name: string) {
  const spec = { id: 'basic', name: 'Basic', cpu_millicores: 1000, memory_mb: 1024, rate_msats_per_sec: 100 }
  const content = {
    minimum_duration_seconds: 60,
    whitelisted_mints: ['https://mint.example'],
    pod_specs: [spec],
    name,
  }
  return person(name).sign({
    kind: OFFER_KIND,
    created_at: nowSec(),
    tags: offerTags(nowSec(), 600),
    content: JSON.stringify(content),
  })
}

/** Accepts connections and never says a word. */
async function silentServer(): Promise<{ url: string; close(): Promise<void> }> {
  const server: Server = createServer((socket) => socket.on('error', () => socket.destroy()).pause())
  const sockets = new Set<{ destroy(): void }>()
  server.on('connection', (socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const close = () =>
    new Promise<void>((resolve) => {
      for (const socket of sockets) socket.destroy()
      server.close(() => resolve())
    })
  return { url: `ws://127.0.0.1:${address.port}`, close }
}
