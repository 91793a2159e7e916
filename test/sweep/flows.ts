// What is going on when somebody dies? One flow per movement of money; each ends with a command of the buyer.
import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import * as z from 'zod'
import { rows } from '../support/product/money.ts'
import { DurableDisk } from './durable-disk.ts'
import type { Buyer, World } from './world.ts'

export interface Flow {
  name: string
  /** Sats in the buyer's wallet at the beginning. */
  fundsSat?: bigint
  /** What has happened before, with nobody dying; returns what the command reads from stdin. */
  before?(world: World, buyer: Buyer): Promise<string | undefined>
  /** The command during which somebody dies. */
  args: readonly string[]
  /** Who swaps at the mint while it runs. */
  swaps: readonly ('buyer' | 'provider')[]
  /** It is typed again by whoever was interrupted; `afterwards`: only where the recovery has found nothing to go on with. */
  repeats?: 'at once' | 'afterwards'
  /** The provider dies there besides, and stays dead until the lock has ended. */
  providerDiesAt?: string
  /** The machine has run before, and its seconds stay paid for. */
  hasServed?: boolean
}

/** Longer than the time in which a machine may start unpaid, so that one is never taken for the other. */
const BUY = ['--timeout', '30s', 'buy', '--spec', 'basic', '--for', '6m', '--no-wait', '--alias', 'mine']
const PAST_EVERYTHING_SEC = 7_200
const PLAIN = '--no-lock'

async function bought(world: World, buyer: Buyer): Promise<undefined> {
  const result = await world.run(buyer, BUY)
  if (result.code !== 0) throw new Error(`not bought: ${result.stderr}\n${world.provider.stderr()}`)
}

async function sent(world: World, buyer: Buyer): Promise<string> {
  const result = await world.run(buyer, ['-o', 'json', 'wallet', 'send', '40'])
  return String(result.json().token)
}

/** Only the words are left. */
async function diskLost(_world: World, buyer: Buyer): Promise<string> {
  const [row] = rows(buyer.journal, 'SELECT words FROM wallet_words', z.object({ words: z.string() }))
  rmSync(dirname(buyer.journal), { recursive: true })
  new DurableDisk(buyer.home).settle()
  return row?.words ?? ''
}

/** The paid time and every lock are over, and the provider comes back. */
async function over(world: World, buyer: Buyer): Promise<undefined> {
  await bought(world, buyer)
  world.passSeconds(PAST_EVERYTHING_SEC)
  await world.stopProvider()
  return undefined
}

/** Less is left than a top-up needs to be taken. */
async function nearlyOver(world: World, buyer: Buyer): Promise<undefined> {
  const result = await world.run(
    buyer,
    BUY.map((word) => (word === '6m' ? '2m' : word)),
  )
  if (result.code !== 0) throw new Error(`not bought: ${result.stderr}`)
  world.passSeconds(80)
  await world.restartProvider()
  return undefined
}

async function refusing(world: World): Promise<undefined> {
  world.refuseMachines(true)
}

const BOTH = ['buyer', 'provider'] as const

/** The movements of money in which each side takes part. */
export const FLOWS: readonly Flow[] = [
  { name: 'buy locked', swaps: BOTH, args: BUY },
  { name: 'buy plain', swaps: BOTH, args: [...BUY, PLAIN] },
  {
    name: 'top up locked',
    swaps: BOTH,
    before: bought,
    args: ['--timeout', '30s', 'topup', 'mine', '--for', '6m'],
  },
  {
    name: 'top up plain',
    swaps: BOTH,
    before: bought,
    args: ['--timeout', '30s', 'topup', 'mine', '--for', '6m', PLAIN],
  },
  { name: 'stop', swaps: BOTH, before: bought, args: ['--timeout', '30s', 'stop', 'mine'] },
  { name: 'buy by invoice', swaps: BOTH, fundsSat: 0n, args: BUY },
  { name: 'refused locked', swaps: ['buyer'], before: refusing, args: BUY },
  { name: 'refused plain', swaps: BOTH, before: refusing, args: [...BUY, PLAIN] },
  {
    name: 'silent',
    swaps: ['buyer'],
    args: [...BUY, '--timeout', '5s'],
    providerDiesAt: 'before provider/serve-order.ts bind transaction',
  },
  {
    name: 'silent with the money',
    swaps: ['buyer'],
    args: [...BUY, '--timeout', '5s'],
    providerDiesAt: 'after wallet/ask-mint.ts askMint swap',
  },
  {
    name: 'machine lost',
    hasServed: true,
    swaps: BOTH,
    before: async (world, buyer) => {
      await bought(world, buyer)
      await world.stopProvider()
      world.loseMachine()
      return undefined
    },
    args: ['orders', 'recover'],
  },
  { name: 'fund', swaps: [], args: ['wallet', 'fund', '40'] },
  { name: 'time over', swaps: [], before: over, args: ['orders', 'recover'] },
  { name: 'trust', swaps: [], args: ['wallet', 'mints', 'trust', 'http://127.0.0.1:1'] },
  { name: 'restore', swaps: [], before: diskLost, args: ['wallet', 'restore', '-'], repeats: 'at once' },
  {
    name: 'top up late',
    swaps: BOTH,
    before: nearlyOver,
    args: ['--timeout', '30s', 'topup', 'mine', '--for', '6m'],
  },
  {
    name: 'send and take back',
    swaps: ['buyer'],
    before: sent,
    args: ['wallet', 'receive', '-'],
    repeats: 'afterwards',
  },
]

export function flowNamed(name: string): Flow {
  const flow = FLOWS.find((one) => one.name === name)
  if (flow === undefined) throw new Error(`there is no flow ${name}`)
  return flow
}
