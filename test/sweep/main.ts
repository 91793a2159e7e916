// Does any death cost anybody anything, at any moment? `npm run sweep` asks for every flow, every point as often as it is passed, with and without
// fees, of a process and of a machine, with new keys, and with a second death in the recovery. `-- --flow NAME` asks for one flow,
// `-- --slice 3/40` for every 40th case from the third on; so all can be asked for bit by bit, and on many machines. `-- --log FILE` keeps
// the verdicts: interrupted and started again, it goes on.
import { parseArgs } from 'node:util'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FLOWS } from './flows.ts'
import { Lanes } from './lanes.ts'
import { reckonAll } from './aftermath.ts'
import { runCase } from './run-case.ts'
import { nameOf } from './cases.ts'
import { buildForSweep } from './test-build.ts'
import { type DeathInRun, deathsIn, runDeath } from './passages.ts'
import { Verdicts } from './verdicts.ts'
import { World, type WorldOptions } from './world.ts'
import { reportOf } from '../oracle/report.ts'

const SIDES = ['buyer', 'provider'] as const

const { values } = parseArgs({
  options: {
    flow: { type: 'string' },
    lanes: { type: 'string', default: '3' },
    slice: { type: 'string', default: '1/1' },
    log: { type: 'string' },
  },
})
const [part, parts] = sliceOf(values.slice)
const flows = FLOWS.filter(({ name }) => values.flow === undefined || values.flow === name)
const folder = mkdtempSync(join(tmpdir(), 'paygress-sweep-build-'))
const launcher = await buildForSweep(folder)
const verdicts = new Verdicts(values.log, launcher)
let failed = 0
for (const inputFeePpk of [100, 0]) failed += await sweep({ launcher, inputFeePpk })
rmSync(folder, { recursive: true, force: true })
process.exitCode = failed === 0 ? 0 : 1

async function sweep(options: WorldOptions): Promise<number> {
  const fee = options.inputFeePpk
  const all = await deathsOf({ ...options, traces: true })
  const asked = evenly(all)
    .filter((_, index) => index % parts === part - 1)
    .filter(({ alone }) => !verdicts.isGreen(fee, nameOf(alone)))
  console.log(`fee ${fee} ppk: ${asked.length} of ${all.length} deaths`)
  const lanes = new Lanes(Array.from({ length: Number(values.lanes) }, () => options))
  await lanes.open()
  const count = { green: 0, 'not reached': 0, wrong: 0 }
  const startedAt = performance.now()
  const sayCounts = (): void => {
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    console.log(
      `fee ${fee} ppk: ${count.green} cases cost nothing, ${count['not reached']} not reached, ${count.wrong} wrong, in ${seconds} s`,
    )
  }
  const results = asked.map(async (death) => {
    const ends = await lanes.use(async (world) => runDeath(world, death))
    verdicts.add(
      fee,
      nameOf(death.alone),
      ends.flatMap(({ one, problems }) => problems.map((line) => `${nameOf(one)}: ${line}`)),
    )
    for (const { one, problems } of ends) {
      const verdict = verdictOf(problems)
      count[verdict] += 1
      if (verdict !== 'green')
        console.log(`${verdict} (fee ${fee}): ${nameOf(one)}\n  ${problems.join('\n  ')}`)
      if ((count.green + count['not reached'] + count.wrong) % 100 === 0) sayCounts()
    }
  })
  await Promise.all(results)
  await lanes.close()
  sayCounts()
  return count.wrong
}

/**
 * Not reached are points that hang on time: a message is sent once more where the answer is slow, a recovery is typed again where something
 * was left by then, and a daemon has as many replies to visit again as relays were slow. What the fair run passed there came not up again.
 */
function verdictOf(problems: readonly string[]): 'green' | 'not reached' | 'wrong' {
  if (problems.length === 0) return 'green'
  return problems.every((line) => line.startsWith('nobody died')) ? 'not reached' : 'wrong'
}

/** Every different death at the points that a fair run of a flow passes; see `deathsIn`. */
async function deathsOf(options: WorldOptions): Promise<DeathInRun[]> {
  const world = new World(options)
  await world.open()
  const deaths: DeathInRun[] = []
  for (const flow of flows) {
    const problems = await runCase(world, { flow, side: 'buyer', deaths: [] })
    if (problems.length > 0) throw new Error(`${flow.name} without any death: ${problems.join('\n')}`)
    for (const side of SIDES) deaths.push(...deathsIn(flow, side, world.takeTrace(side)))
  }
  console.log(reportOf(reckonAll(world)))
  await world.close()
  return deaths
}

/** Each flow spread over the whole, so that those which wait stand beside those which work. */
function evenly(deaths: readonly DeathInRun[]): DeathInRun[] {
  const byFlow = Map.groupBy(deaths, ({ alone }) => alone.flow)
  return [...byFlow.values()]
    .flatMap((ofFlow) => ofFlow.map((death, index) => ({ death, at: index / ofFlow.length })))
    .toSorted((one, other) => one.at - other.at)
    .map(({ death }) => death)
}

function sliceOf(text: string): [part: number, parts: number] {
  const [, part = '', parts = ''] = /^(\d+)\/(\d+)$/.exec(text) ?? []
  if (Number(part) >= 1 && Number(part) <= Number(parts)) return [Number(part), Number(parts)]
  throw new Error(`${text} is not a slice such as 3/40`)
}
