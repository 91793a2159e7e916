// How does a test have a market full of people? Each with a wallet and orders of their own, inside the test, doing whatever the dice say.
import { join } from 'node:path'
import { buyPod } from '../../../src/client/buy-pod.ts'
import { parseMintUrl } from '../../../src/core/mint-url.ts'
import { parseRelayUrl } from '../../../src/core/relay-url.ts'
import { PaygressError } from '../../../src/core/errors.ts'
import { recoverOrders } from '../../../src/client/recover-orders.ts'
import { stopPod } from '../../../src/client/stop-pod.ts'
import { topupPod } from '../../../src/client/topup-pod.ts'
import { wireClient, type WiredClient } from '../../../src/wiring/wire-client.ts'
import { temporaryFolder } from '../peers/temporary-folder.ts'
import { fund } from '../wallet/test-wallet.ts'

type Deed = 'buy' | 'topup' | 'stop'

export interface TenantOptions {
  relay: string
  mint: string
  fundsSat: bigint
  /** From 0 to 1, each time another one. */
  dice: () => number
  /** Seconds that are bought at a time. */
  seconds: { least: number; most: number }
  signal: AbortSignal
}

export interface Tenant {
  readonly databasePath: string
  /** Buys, tops up or stops, and says how it ended: `done`, or the code of the error. */
  act(): Promise<{ deed: Deed; outcome: string }>
  /** Stops what runs and ends what is open; the orders that cannot be ended yet, in words. */
  settle(): Promise<string[]>
  /** The state of every order. */
  states(): string[]
  close(): Promise<void>
}

const MOST_PODS = 4
const ANSWER_MS = 40_000

export interface Buyer {
  readonly client: WiredClient
  readonly databasePath: string
}

/** A home with money in it, and everything that a consumer's commands are plugged into. */
export async function openBuyer({
  relay,
  mint,
  fundsSat,
  signal,
}: Pick<TenantOptions, 'relay' | 'mint' | 'fundsSat' | 'signal'>): Promise<Buyer> {
  const home = temporaryFolder('tenant')
  const client = await wireClient({
    env: { PAYGRESS_HOME: home },
    profile: undefined,
    relays: [parseRelayUrl(relay)],
    mint: parseMintUrl(mint),
    timeoutMs: ANSWER_MS,
    progress: { step: () => undefined, note: () => undefined, done: () => undefined },
    ask: NOBODY,
    signal,
  })
  client.wallet.trustMint(parseMintUrl(mint))
  await fund(client.wallet, parseMintUrl(mint), fundsSat)
  return { client, databasePath: join(home, 'data', 'paygress.db') }
}

/** Somebody who buys, tops up and stops at random. */
export async function openTenant(options: TenantOptions): Promise<Tenant> {
  const { dice, seconds, signal } = options
  const { client, databasePath } = await openBuyer(options)
  const length = (): number => Math.round(seconds.least + dice() * (seconds.most - seconds.least))
  const payment = () => ({
    extent: { durationSec: length() },
    lock: true,
    yes: true,
    dryRun: false,
    timeoutMs: ANSWER_MS,
  })
  const doings: Record<Deed, (pod: string) => Promise<unknown>> = {
    buy: async () => buyPod(client, { ...payment(), spec: 'basic', wait: false }, { signal }),
    topup: async (pod) => topupPod(client, { ...payment(), pod }, { signal }),
    stop: async (pod) => stopPod(client, pod, { signal, timeoutMs: ANSWER_MS }),
  }
  return {
    databasePath,
    act: async () => {
      const pods = running(client)
      const pod = pods[Math.floor(dice() * pods.length)]
      const deed = pod === undefined ? 'buy' : deedFor(dice(), pods.length)
      return { deed, outcome: await outcomeOf(doings[deed](pod ?? '')) }
    },
    settle: async () => {
      for (const pod of running(client)) await outcomeOf(doings.stop(pod))
      const { open } = await recoverOrders(client, { mode: 'full', signal })
      return open.map(({ text }) => text)
    },
    states: () => client.orders.orders().map(({ state }) => state),
    close: async () => client.close(),
  }
}

function deedFor(die: number, pods: number): Deed {
  if (die < 0.5 && pods < MOST_PODS) return 'buy'
  return die < 0.75 ? 'topup' : 'stop'
}

function running(client: WiredClient): string[] {
  return client.orders
    .pods()
    .filter(({ state, expiresAt }) => state === 'running' && expiresAt.getTime() > Date.now())
    .map(({ npub }) => npub)
}

/** An order may be refused or stay open; what is no PaygressError is a fault of the program. */
async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (error) {
    if (error instanceof PaygressError && error.code !== 'internal') return error.code
    throw error
  }
}

const unasked = async (): Promise<never> => {
  throw new PaygressError('input_needed', 'nobody is there to answer')
}
const NOBODY = { canAsk: false, confirm: unasked, input: unasked, secret: unasked, select: unasked }
