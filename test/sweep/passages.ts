// Which deaths in a run are different ones? Those that leave a different world behind; what a trace says of that is compared, nothing is assumed.
import type { Flow } from './flows.ts'
import { type Case, runCase, runWitnessed } from './run-case.ts'
import type { Death } from './mortals.ts'
import type { World } from './world.ts'

/** One point as a process passed it, with digests of what it would have left behind there. */
export interface Passage {
  /** Which process of its side, from 1 on, and how often it had passed the point before. */
  process: number
  point: string
  after: number
  /** What others know of this process, what is written on its disk, and what of that is synced. */
  outside: string
  written: string
  kept: string
}

/** So many points a recovery goes on before it dies, too. */
const SECOND_DEATH: Death = { point: '*', after: 4 }

/** The lines of a trace; `over` processes were there before. */
export function passagesOf(lines: readonly string[], over: number): Passage[] {
  const passed = new Map<string, number>()
  return lines.map((line) => {
    const [own = '', outside = '', written = '', kept = '', ...words] = line.split(' ')
    const point = words.join(' ')
    const name = `${own} ${point}`
    const after = passed.get(name) ?? 0
    passed.set(name, after + 1)
    return { process: Number(own) - over, point, after, outside, written, kept }
  })
}

/** The world after a death there, as far as the dead can have changed it. */
function worldAfter({ process, outside, written, kept }: Passage, kill: Death['kill']): string {
  return `${process} ${outside} ${kill === 'power' ? kept : written}`
}

/** One death, and what may come on top of it. */
export interface DeathInRun {
  alone: Case
  /** With new keys at the mint when the dead come back, and with a second death in the recovery; neither where only the process died. */
  rotated?: Case
  twice?: Case
}

/**
 * Every different death in a trace. Deaths after which the disk and what others know of the dead are the same, byte by byte, are tried once:
 * nothing else of a process outlives it. So a power cut is one with the death of the process wherever all that is written is synced.
 */
export function deathsIn(flow: Flow, side: Case['side'], trace: readonly Passage[]): DeathInRun[] {
  const found = new Map<string, DeathInRun>()
  for (const passage of trace) {
    const [killed, lost] = [worldAfter(passage, 'process'), worldAfter(passage, 'power')]
    if (!found.has(killed)) found.set(killed, { alone: { flow, side, deaths: [deathAt(passage)] } })
    const cut: Death = { ...deathAt(passage), kill: 'power' }
    const { alone, twice } = found.get(lost) ?? { alone: { flow, side, deaths: [cut] } }
    if (twice !== undefined) continue
    found.set(lost, {
      alone,
      rotated: { flow, side, deaths: [cut], rotates: true },
      twice: { flow, side, deaths: [cut, { ...SECOND_DEATH, kill: 'power' }] },
    })
  }
  return [...found.values()]
}

/**
 * Runs a death alone and then, one after the other, what can end otherwise: new keys make no difference where nobody has asked the mint
 * afterwards, and a recovery that does not come so far has no second death. Returns what is wrong after each.
 */
export async function runDeath(
  world: World,
  { alone, rotated, twice }: DeathInRun,
): Promise<{ one: Case; problems: string[] }[]> {
  const deaths: Death[] = [...alone.deaths, { ...SECOND_DEATH, kill: 'witness' }]
  const { problems, asksMint, goesOn } = await runWitnessed(world, { ...alone, deaths })
  const results = [{ one: alone, problems }]
  for (const one of [asksMint ? rotated : undefined, goesOn ? twice : undefined])
    if (one !== undefined) results.push({ one, problems: await runCase(world, one) })
  return results
}

/** The death that `deathsIn` keeps for this one. */
export function standIn(
  trace: readonly Passage[],
  { point, after = 0, process = 1, kill = 'process' }: Death,
): Death {
  const asked = trace.find((one) => one.point === point && one.after === after && one.process === process)
  if (asked === undefined) throw new Error(`nobody passed ${point}`)
  const world = worldAfter(asked, kill)
  for (const passage of trace) {
    if (worldAfter(passage, 'process') === world) return deathAt(passage)
    if (worldAfter(passage, 'power') === world) return { ...deathAt(passage), kill: 'power' }
  }
  throw new Error(`${point} stands in no trace`)
}

function deathAt({ point, after, process }: Passage): Death {
  return { point, after, process }
}
