// What must be true after any death? Everything is started again and recovers; then the oracle and the two journals are asked.
import type { CliResult, RunningCli } from '../support/run-cli.ts'
import {
  hasLooseEnds,
  held,
  leftovers,
  openOrders,
  providerRests,
  reckonAll,
  servedSat,
  unfair,
} from './aftermath.ts'
import type { Flow } from './flows.ts'
import type { Death } from './mortals.ts'
import type { Buyer, World } from './world.ts'

export interface Case {
  flow: Flow
  side: 'buyer' | 'provider'
  /** The first process of that side dies at the first of them, the next one at the second … */
  deaths: readonly Death[]
  /** The mint has new keys when the dead come back. */
  rotates?: boolean
}

const KILLED = 128 + 9
const FUNDS_SAT = 200n
/** Longer than any lock. */
const PAST_THE_LOCK_SEC = 7_200
/** Where nobody is there to answer; and where somebody is, however slow. */
const RECOVER = ['--timeout', '2s', 'orders', 'recover']
const RECOVER_PATIENTLY = ['--timeout', '10s', 'orders', 'recover']
/** Runs one case in a world; returns everything that is wrong afterwards, nothing where nobody has lost anything. */
export async function runCase(world: World, one: Case): Promise<string[]> {
  return (await runWitnessed(world, one)).problems
}

export interface Witnessed {
  problems: string[]
  /** Anybody has asked the mint for something after the death: new keys there could be noticed. */
  asksMint: boolean
  /** The next of the dead has come to the last death, where that is a witness. */
  goesOn: boolean
}

/** Runs a case, and says besides which other ones could end otherwise. */
export async function runWitnessed(
  world: World,
  { flow, side, deaths, rotates = false }: Case,
): Promise<Witnessed> {
  const startedAt = performance.now()
  world.refuseMachines(false)
  if (world.provider.hasExited()) await world.restartProvider()
  const buyer = await world.newBuyer(flow.fundsSat ?? FUNDS_SAT)
  const before = reckonAll(world)
  const old = new Set(leftovers(before))
  const stdin = await flow.before?.(world, buyer)
  for (const one of ['buyer', 'provider'] as const) world.takeTrace(one)
  // A provider that is to be silent, and dies before it comes so far, is silent from there on.
  const isSilent = side === 'provider' && deaths[0]?.process === 1
  const silenced = flow.providerDiesAt === undefined || isSilent ? [] : [{ point: flow.providerDiesAt }]
  world.arm('provider', side === 'provider' ? [...silenced, ...deaths] : silenced)
  world.arm('buyer', side === 'buyer' ? deaths : [])
  const ended = await act(world, buyer, flow, stdin, rotates)
  await settle(world, buyer, flow, stdin)
  const nobodyDied = !world.isDisarmed(side)
  const witnessed = { asksMint: world.askedOfMint > 0, goesOn: world.hasWitnessed(side) }
  world.disarm()
  if (rotates) await world.forgetKeys()
  const reckoning = reckonAll(world)
  const problems = [
    ...(nobodyDied ? [`nobody died; the command ended with ${ended.code}: ${ended.stderr}`] : []),
    ...leftovers(reckoning).filter((line) => !old.has(line)),
    ...openOrders(buyer),
    ...unfair(
      world,
      buyer,
      held(reckoning, 'provider') - held(before, 'provider'),
      flow.hasServed === true ? servedSat(performance.now() - startedAt) : 0n,
    ),
  ]
  return { problems, ...witnessed }
}

/** The command, with the provider started again as often as it dies, unless it is to stay dead. */
async function act(
  world: World,
  buyer: Buyer,
  flow: Flow,
  stdin: string | undefined,
  rotates: boolean,
): Promise<CliResult> {
  const options = stdin === undefined ? {} : { stdin }
  const running = world.start(buyer, flow.args, options)
  const died = Promise.race([running.result, world.provider.result]).then(() => {
    if (rotates) world.mint.rotate({ inputFeePpk: world.inputFeePpk })
    world.askedOfMint = 0
  })
  if (rotates) await died
  if (flow.providerDiesAt === undefined) await keepProviderUp(world, running)
  const result = await running.result
  if (result.code === KILLED && flow.repeats === 'at once')
    await untilNotKilled(async () => world.run(buyer, flow.args, options))
  return result
}

/** Every side is started and recovers, at once and, where something is left, once more after all locks. */
async function settle(world: World, buyer: Buyer, flow: Flow, stdin: string | undefined): Promise<void> {
  if (flow.providerDiesAt !== undefined) {
    await world.run(buyer, RECOVER)
    world.passSeconds(PAST_THE_LOCK_SEC)
    await untilNotKilled(async () => world.run(buyer, RECOVER))
    await world.restartProvider()
    await providerRests(world)
  }
  const recover = async (): Promise<CliResult> => {
    const running = world.start(buyer, RECOVER_PATIENTLY)
    await keepProviderUp(world, running)
    return running.result
  }
  const isSettled = (): boolean => openOrders(buyer).length === 0 && !hasLooseEnds(reckonAll(world))
  await untilNotKilled(recover)
  if (isSettled()) return
  if (flow.repeats === 'afterwards' && reckonAll(world).open.length === 0) {
    await untilNotKilled(async () => world.run(buyer, flow.args, { stdin: stdin ?? '' }))
    if (isSettled()) return
  }
  world.passSeconds(PAST_THE_LOCK_SEC)
  await world.restartProvider()
  await untilNotKilled(recover)
  if (!isSettled()) await untilNotKilled(recover)
}

/** A command is typed again by whoever was interrupted. */
async function untilNotKilled(run: () => Promise<CliResult>): Promise<void> {
  while ((await run()).code === KILLED);
}

async function keepProviderUp(world: World, running: RunningCli): Promise<void> {
  if (world.provider.hasExited()) await world.restartProvider()
  while (!running.hasExited()) {
    await Promise.race([running.result, world.provider.result])
    if (world.provider.hasExited()) await world.restartProvider()
  }
}
