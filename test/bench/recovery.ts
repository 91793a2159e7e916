// How long does a provider need at its start for the captures that a crash left open, beyond the mint's own time and the ecash library's?
import { setTimeout as pause } from 'node:timers/promises'
import {
  ask,
  lockedPurchase,
  openProvider,
  startWorld,
  type World,
} from '../support/provider/test-provider.ts'
import { testPublicKey } from '../support/test-ids.ts'
import type { Figure } from './figures.ts'
import { noOpCompute } from './no-op-compute.ts'
import { profileWork } from './profile-work.ts'

const MANY = Number(process.env['BENCH_ORDERS'] ?? 1_000)
const FEW = Math.ceil(MANY / 10)
const AT_ONCE = 8
/** Coins of 120 sat. */
const NET_SAT = 120n
const LOCK_SEC = 3_600

export async function recovery(): Promise<Figure[]> {
  const few = await recover(FEW)
  const many = await recover(MANY)
  const rest = { what: `${FEW} orders`, value: few.restMs / FEW }
  return [
    { what: `recovery: ${MANY} captures that nobody heard of`, ours: many.totalMs / 1000, unit: 's' },
    { what: 'recovery: of it the mint', ours: many.mintMs / 1000, unit: 's' },
    {
      what: `recovery: of it the ecash library (${many.proofs} proofs)`,
      ours: many.ecashMs / 1000,
      unit: 's',
    },
    { what: 'recovery: the rest', ours: many.restMs / 1000, unit: 's' },
    { what: 'recovery: ecash library for each proof', ours: many.ecashMs / many.proofs, unit: 'ms' },
    { what: 'recovery: questions to the mint for each order', ours: many.questions / MANY, unit: '' },
    { what: 'recovery: the rest for each order', ours: many.restMs / MANY, unit: 'ms', reference: rest },
  ]
}

interface Recovered {
  totalMs: number
  mintMs: number
  ecashMs: number
  restMs: number
  proofs: number
  questions: number
}

async function recover(count: number): Promise<Recovered> {
  const world = await startWorld({ fundSat: NET_SAT * BigInt(count) + 1_000n })
  const compute = noOpCompute()
  const config = { ratePerSenderPerMin: 1_000_000, maxUnpaidLeases: 2 * count }
  try {
    await leaveOpen(world, count, { compute, config })
    const asked = world.mint.requests.length
    let totalMs = 0
    let provider: Awaited<ReturnType<typeof openProvider>> | undefined
    const shares = await profileWork(async () => {
      const began = performance.now()
      provider = await openProvider(world, { compute, config })
      while (provider.ledger.openOrders().length > 0) await pause(20)
      totalMs = performance.now() - began
    })
    const questions = world.mint.requests.length - asked
    const proofs = provider?.database.all('SELECT 1 FROM wallet_coin').length ?? 0
    await provider?.stop()
    const { mint: mintMs, ecash: ecashMs, rest: restMs } = shares
    return { totalMs, mintMs, ecashMs, restMs, proofs, questions }
  } finally {
    await world.close()
  }
}

/** Orders whose captures reached the mint and whose answers were lost, by a provider that died of it. */
async function leaveOpen(
  world: World,
  count: number,
  options: Parameters<typeof openProvider>[1],
): Promise<void> {
  const provider = await openProvider(world, options)
  const purchases = []
  for (let at = 0; at < count; at += 1) {
    const sender = testPublicKey(0x10_000 + at)
    const purchase = await lockedPurchase(world, provider, { netSat: NET_SAT, lockSec: LOCK_SEC, sender })
    purchases.push({ ...purchase, sender })
  }
  // Neither the capture nor what is asked after it gets an answer.
  for (let at = 0; at < count; at += 1) {
    world.mint.failNext({ path: '/v1/swap', kind: 'drop-after' })
    // More than it takes: whoever is driven asks again and again.
    for (let time = 0; time < 20; time += 1) world.mint.failNext({ path: '/v1/restore', kind: '500-before' })
  }
  const waiting = [...purchases]
  const askInTurn = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
      await ask(provider, next.message, { sender: next.sender })
  }
  await Promise.all(Array.from({ length: AT_ONCE }, askInTurn))
  provider.crash()
  world.mint.faults.length = 0
}
