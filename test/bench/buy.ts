// How long does a purchase on loopback take, and how much of it is Node, the mint, SSH and the arithmetic of ecash?
import { join } from 'node:path'
import { createMintHandler, type MintHandler } from '../../src/devnet/mint/mint-handler.ts'
import { listen, mintListener } from '../../src/devnet/mint/mint-server.ts'
import { openMint } from '../../src/devnet/mint/mint.ts'
import { startRelay } from '../../src/devnet/relay/start-relay.ts'
import { probeBanner } from '../../src/ssh/banner-probe.ts'
import { providerConfigFrom } from '../../src/wiring/provider-settings.ts'
import { wireProvider } from '../../src/wiring/wire-provider.ts'
import { quietLog } from '../support/quiet-log.ts'
import { ecashMs } from './ecash-cost.ts'
import { type Figure, median } from './figures.ts'
import { program, timeNode } from './run-program.ts'

const RUNS = 12
const SPEC = { id: 'basic', name: 'Basic', cpu_millicores: 100, memory_mb: 64, rate_msats_per_sec: 100 }

export async function buy(home: string): Promise<Figure[]> {
  const mint = await timedMint()
  const relay = await startRelay({ auth: true })
  const provider = await wireProvider({
    config: providerConfigFrom({
      BACKEND: 'process',
      NOSTR_RELAYS: relay.url,
      WHITELISTED_MINTS: mint.url,
      POD_SPECS: JSON.stringify([SPEC]),
      CASHU_DB_PATH: join(home, 'provider', 'paygress.db'),
    }),
    log: quietLog(),
  })
  try {
    await provider.start()
    return await figures(mint, { PAYGRESS_HOME: home, PAYGRESS_RELAYS: relay.url, PAYGRESS_MINT: mint.url })
  } finally {
    await provider.stop()
    await Promise.all([relay.close(), mint.close()])
  }
}

async function figures(mint: TimedMint, env: Record<string, string>): Promise<Figure[]> {
  await timeNode(program('wallet', 'fund', '5000', '-q'), undefined, env)
  const empty: number[] = []
  const runs: Run[] = []
  for (let run = 0; run <= RUNS; run += 1) {
    const node = await timeNode(['-e', '0'])
    const bought = await oneRun(mint, env)
    // The first one loads the provider's half of everything.
    if (run === 0) continue
    empty.push(node.totalMs)
    runs.push(bought)
  }
  // What other processes on the machine take only makes a run longer.
  const [best] = runs.toSorted((a, b) => a.totalMs - b.totalMs)
  if (best === undefined) throw new Error('nothing was bought')
  const { swaps } = best
  const ecash = await ecashMs(swaps[0] ?? 0, swaps.slice(1))
  const coins = swaps.reduce((sum, count) => sum + count, 0)
  const own = best.totalMs - Math.min(...empty) - best.mintMs - best.sshMs - ecash
  return [
    { what: 'buy: the whole command, the best run', ours: best.totalMs, unit: 'ms' },
    { what: 'buy: of it the mint', ours: best.mintMs, unit: 'ms' },
    { what: `buy: of it the ecash library (${coins} coins, both sides)`, ours: ecash, unit: 'ms' },
    { what: 'buy: of it an SSH greeting', ours: best.sshMs, unit: 'ms' },
    { what: 'buy: the rest, less the start of Node', ours: own, unit: 'ms' },
    { what: 'buy: processor time of the command', ours: median(runs.map(({ cpuMs }) => cpuMs)), unit: 'ms' },
  ]
}

interface Run {
  totalMs: number
  cpuMs: number
  mintMs: number
  sshMs: number
  /** Coins of each swap: the buyer's is the first. */
  swaps: number[]
}

async function oneRun(mint: TimedMint, env: Record<string, string>): Promise<Run> {
  mint.reset()
  let port = 0
  const { totalMs, cpuMs } = await timeNode(
    program('buy', '--spec', 'basic', '--for', '60s', '--yes', '-o', 'json'),
    (stdout) => {
      port ||= Number(/"port":(\d+)/.exec(stdout)?.[1] ?? 0)
      return true
    },
    env,
  )
  const greetedAt = performance.now()
  await probeBanner('127.0.0.1', port, AbortSignal.timeout(2_000))
  const sshMs = performance.now() - greetedAt
  return { totalMs, cpuMs, mintMs: mint.busyMs(), sshMs, swaps: mint.swaps() }
}

interface TimedMint {
  url: string
  busyMs(): number
  /** How many outputs each swap asked it to sign. */
  swaps(): number[]
  reset(): void
  close(): Promise<void>
}

/** A mint that measures how long it works. */
async function timedMint(): Promise<TimedMint> {
  const mint = openMint({ units: [{ unit: 'sat', inputFeePpk: 100 }], settleAfterMs: 0 })
  const handler = createMintHandler(mint)
  let busy = 0
  let swaps: number[] = []
  const timed: MintHandler = async (question) => {
    const startedAt = performance.now()
    const answer = await handler(question)
    busy += performance.now() - startedAt
    if (question.path === '/v1/swap') swaps.push(question.body.split('"B_"').length - 1)
    return answer
  }
  const listening = await listen(mint, mintListener(timed, mint.context.clock), {})
  return {
    url: listening.url,
    busyMs: () => busy,
    swaps: () => swaps,
    reset: () => {
      busy = 0
      swaps = []
    },
    async close() {
      await listening.close()
      mint.close()
    },
  }
}
