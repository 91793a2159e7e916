// Does any death cost anybody anything, at any moment? `npm run sweep` asks for every flow, every point as often as it is passed, with and without
// fees, of a process and of a machine, with new keys, and with a second death in the recovery. `-- --flow NAME` asks for one flow,
// `-- --slice 3/40` for every 40th case from the third on; so all can be asked for bit by bit, and on many machines.
import { parseArgs } from 'node:util'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FLOWS, type Flow } from './flows.ts'
import { Lanes } from './lanes.ts'
import { type Case, reckonAll, runCase } from './run-case.ts'
import { nameOf } from './cases.ts'
import { buildForSweep } from './test-build.ts'
import { type Death, World, type WorldOptions } from './world.ts'
import { reportOf } from '../oracle/report.ts'

const SIDES = ['buyer', 'provider'] as const
/** So many points a recovery goes on before it dies, too. */
const SECOND_DEATH_AFTER = 4

const { values } = parseArgs({
  options: {
    flow: { type: 'string' },
    lanes: { type: 'string', default: '3' },
    slice: { type: 'string', default: '1/1' },
  },
})
const [part, parts] = sliceOf(values.slice)
const flows = FLOWS.filter(({ name }) => values.flow === undefined || values.flow === name)
const folder = mkdtempSync(join(tmpdir(), 'paygress-sweep-build-'))
const launcher = await buildForSweep(folder)
let failed = 0
for (const inputFeePpk of [100, 0]) failed += await sweep({ launcher, inputFeePpk })
rmSync(folder, { recursive: true, force: true })
process.exitCode = failed === 0 ? 0 : 1

async function sweep(options: WorldOptions): Promise<number> {
  const all = await casesOf({ ...options, traces: true })
  const cases = all.filter((_, index) => index % parts === part - 1)
  console.log(`fee ${options.inputFeePpk} ppk: ${cases.length} of ${all.length} cases`)
  const lanes = new Lanes(Array.from({ length: Number(values.lanes) }, () => options))
  await lanes.open()
  let wrong = 0
  let missed = 0
  const startedAt = performance.now()
  const results = cases.map(async (one) => {
    const problems = await lanes.run(one)
    // What a fair run passed may be passed by another process, or not at all, when somebody has died before.
    const real = problems.filter((line) => !line.startsWith('nobody died'))
    if (real.length > 0) {
      wrong += 1
      console.log(`WRONG (fee ${options.inputFeePpk}): ${nameOf(one)}\n  ${real.join('\n  ')}`)
    } else if (problems.length > 0) missed += 1
  })
  await Promise.all(results)
  await lanes.close()
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  console.log(
    `fee ${options.inputFeePpk} ppk: ${cases.length - wrong - missed} deaths that cost nothing, ${missed} not reached, ${wrong} wrong, in ${seconds} s`,
  )
  return wrong
}

/** Every point that a fair run of a flow passes, as often as it passes it, four times: of the process, of the machine, with new keys, and with a second death. */
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

function deathsIn(flow: Flow, side: (typeof SIDES)[number], trace: readonly string[]): Case[] {
  const passed = new Map<string, number>()
  return trace.flatMap((point) => {
    const after = passed.get(point) ?? 0
    passed.set(point, after + 1)
    const cut: Death = { point, after, kill: 'power' }
    return [
      { flow, side, deaths: [{ point, after }] },
      { flow, side, deaths: [cut] },
      { flow, side, deaths: [cut], rotates: true },
      { flow, side, deaths: [cut, { point: '*', after: SECOND_DEATH_AFTER, kill: 'power' }] },
    ]
  })
}
