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
import { type Case, reckonAll, runCase } from './run-case.ts'
import { nameOf } from './cases.ts'
import { buildForSweep } from './test-build.ts'
import { deathsIn } from './passages.ts'
import { type Verdict, Verdicts } from './verdicts.ts'
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
  const all = await casesOf({ ...options, traces: true })
  const open = all
    .filter((_, index) => index % parts === part - 1)
    .filter((one) => !verdicts.isGreen(fee, nameOf(one)))
  console.log(`fee ${fee} ppk: ${open.length} of ${all.length} cases`)
  const lanes = new Lanes(Array.from({ length: Number(values.lanes) }, () => options))
  await lanes.open()
  const count = { green: 0, 'not reached': 0, wrong: 0 }
  const startedAt = performance.now()
  const sayCounts = (): void => {
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    console.log(
      `fee ${fee} ppk: ${count.green} deaths that cost nothing, ${count['not reached']} not reached, ${count.wrong} wrong, in ${seconds} s`,
    )
  }
  const results = open.map(async (one) => {
    const problems = await lanes.run(one)
    const verdict = verdictOf(problems)
    count[verdict] += 1
    verdicts.add(fee, nameOf(one), verdict, problems)
    if (verdict === 'wrong') console.log(`WRONG (fee ${fee}): ${nameOf(one)}\n  ${problems.join('\n  ')}`)
    if (verdict === 'not reached') console.log(`not reached (fee ${fee}): ${nameOf(one)}`)
    if ((count.green + count['not reached'] + count.wrong) % 100 === 0) sayCounts()
  })
  await Promise.all(results)
  await lanes.close()
  sayCounts()
  return count.wrong
}

function verdictOf(problems: readonly string[]): Verdict {
  if (problems.length === 0) return 'green'
  return problems.every((line) => line.startsWith('nobody died')) ? 'not reached' : 'wrong'
}

/** Every different death at the points that a fair run of a flow passes; see `deathsIn`. */
async function casesOf(options: WorldOptions): Promise<Case[]> {
  const world = new World(options)
  await world.open()
  const cases: Case[] = []
  for (const flow of flows) {
    const problems = await runCase(world, { flow, side: 'buyer', deaths: [] })
    if (problems.length > 0) throw new Error(`${flow.name} without any death: ${problems.join('\n')}`)
    for (const side of SIDES) cases.push(...deathsIn(flow, side, world.takeTrace(side)))
  }
  console.log(reportOf(reckonAll(world)))
  await world.close()
  return cases
}

function sliceOf(text: string): [part: number, parts: number] {
  const [, part = '', parts = ''] = /^(\d+)\/(\d+)$/.exec(text) ?? []
  if (Number(part) >= 1 && Number(part) <= Number(parts)) return [Number(part), Number(parts)]
  throw new Error(`${text} is not a slice such as 3/40`)
}
