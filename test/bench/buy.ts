// How long does a purchase on loopback take, and how much of it is Node, the mint, SSH and the arithmetic of ecash?
import { join } from 'node:path'
import { ecashSource } from '../../src/cashu/ecash-source.ts'
import { createMintHandler, type MintHandler } from '../../src/devnet/mint/mint-handler.ts'
import { listen, mintListener } from '../../src/devnet/mint/mint-server.ts'
import { openMint } from '../../src/devnet/mint/mint.ts'
import { startRelay } from '../../src/devnet/relay/start-relay.ts'
import { probeBanner } from '../../src/ssh/banner-probe.ts'
import { providerConfigFrom } from '../../src/wiring/provider-settings.ts'
import { wireProvider } from '../../src/wiring/wire-provider.ts'
import { quietLog } from '../support/quiet-log.ts'
import { type Figure, median } from './figures.ts'
import { program, timeNode } from './run-program.ts'

const RUNS = 7
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
  const [empty, total, atMint, atSsh]: [number[], number[], number[], number[]] = [[], [], [], []]
  let coins = 0
  for (let run = 0; run <= RUNS; run += 1) {
    const node = await timeNode(['-e', '0'])
    mint.reset()
    let port = 0
    const bought = await timeNode(
      program('buy', '--spec', 'basic', '--for', '60s', '--yes', '-o', 'json'),
      (stdout) => {
        port ||= Number(/"port":(\d+)/.exec(stdout)?.[1] ?? 0)
        return true
      },
      env,
    )
    // The first one loads the provider's half of everything.
    if (run === 0) continue
    const greetedAt = performance.now()
    await probeBanner('127.0.0.1', port, AbortSignal.timeout(2_000))
    atSsh.push(performance.now() - greetedAt)
    empty.push(node.totalMs)
    total.push(bought.totalMs)
    atMint.push(mint.busyMs())
    coins = mint.outputs()
  }
  const ecashMs = coins * (await ecashMsPerCoin())
  const parts = { node: median(empty), mint: median(atMint), ssh: median(atSsh), ecash: ecashMs }
  const own = median(total) - parts.node - parts.mint - parts.ssh - parts.ecash
  return [
    { what: 'buy: the whole command', ours: median(total), unit: 'ms' },
    { what: 'buy: of it the mint', ours: parts.mint, unit: 'ms' },
    { what: `buy: of it the ecash library (${coins} coins, both sides)`, ours: parts.ecash, unit: 'ms' },
    { what: 'buy: of it an SSH greeting', ours: parts.ssh, unit: 'ms' },
    { what: 'buy: the rest, less the start of Node', ours: own, unit: 'ms' },
  ]
}

interface TimedMint {
  url: string
  busyMs(): number
  /** Outputs it was asked to sign. */
  outputs(): number
  reset(): void
  close(): Promise<void>
}

/** A mint that measures how long it works. */
async function timedMint(): Promise<TimedMint> {
  const mint = openMint({ units: [{ unit: 'sat', inputFeePpk: 100 }], settleAfterMs: 0 })
  const handler = createMintHandler(mint)
  let [busy, outputs] = [0, 0]
  const timed: MintHandler = async (question) => {
    const startedAt = performance.now()
    const answer = await handler(question)
    busy += performance.now() - startedAt
    if (question.path === '/v1/swap') outputs += question.body.split('"B_"').length - 1
    return answer
  }
  const listening = await listen(mint, mintListener(timed, mint.context.clock), {})
  return {
    url: listening.url,
    busyMs: () => busy,
    outputs: () => outputs,
    reset: () => {
      busy = 0
      outputs = 0
    },
    async close() {
      await listening.close()
      mint.close()
    },
  }
}

/** Making an output, and unblinding and checking its signature: what both sides do for each coin of a swap. */
async function ecashMsPerCoin(): Promise<number> {
  const mint = openMint({ units: [{ unit: 'sat', inputFeePpk: 0 }], settleAfterMs: 0 })
  const handler = createMintHandler(mint)
  const ask = async (method: string, path: string, body?: unknown) =>
    (await handler({ method, path, body: body === undefined ? '' : JSON.stringify(body) })).body
  const { keysets } = (await ask('GET', '/v1/keys')) as {
    keysets: { id: string; keys: Record<string, string> }[]
  }
  const [keyset] = keysets
  if (keyset === undefined) throw new Error('the mint has no keyset')
  const amounts = [1n, 2n, 4n, 8n, 16n, 32n, 64n, 128n]
  const quote = (await ask('POST', '/v1/mint/quote/bolt11', { amount: 255, unit: 'sat' })) as {
    quote: string
  }
  const ecash = await ecashSource().load()
  const madeAt = performance.now()
  const outputs = ecash.seedOutputs(new Uint8Array(64).fill(7), 0, amounts, keyset.id, 'keep')
  const makingMs = performance.now() - madeAt
  const blinded = outputs.map(({ amountSat, B_, keysetId: id }) => ({ amount: Number(amountSat), id, B_ }))
  const { signatures } = (await ask('POST', '/v1/mint/bolt11', { quote: quote.quote, outputs: blinded })) as {
    signatures: { C_: string; dleq: { e: string; s: string } }[]
  }
  const keys = { ...keyset, unit: 'sat', active: true, feePpk: 0, finalExpiry: undefined }
  const openedAt = performance.now()
  outputs.forEach((output, at) => {
    const signed = signatures[at]
    if (signed === undefined) throw new Error('the mint did not sign')
    const { keysetId, amountSat } = output
    ecash.unblind(output, { keysetId, amountSat, C_: signed.C_, dleq: signed.dleq }, keys)
  })
  const openingMs = performance.now() - openedAt
  mint.close()
  return (makingMs + openingMs) / amounts.length
}
