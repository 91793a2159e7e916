// Which deaths in a run are different ones? Those that leave a different world behind; what a trace says of that is compared, nothing is assumed.
import type { Flow } from './flows.ts'
import type { Case } from './run-case.ts'
import type { Death } from './world.ts'

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
const SECOND_DEATH_AFTER = 4

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
function worldAfter({ process, outside, written, kept }: Passage, kill: 'process' | 'power'): string {
  return `${process} ${outside} ${kill === 'power' ? kept : written}`
}

/**
 * Every different death in a trace: of the process, of the machine, with new keys, and with a second death. Deaths after which the disk and
 * what others know of the dead are the same, byte by byte, are tried once: nothing else of a process outlives it. So a power cut is one
 * with the death of the process wherever all that is written is synced.
 */
export function deathsIn(flow: Flow, side: Case['side'], trace: readonly Passage[]): Case[] {
  const cases = new Map<string, Case>()
  for (const passage of trace) {
    const cut: Death = { ...deathAt(passage), kill: 'power' }
    const second: Death = { point: '*', after: SECOND_DEATH_AFTER, kill: 'power' }
    const [killed, lost] = [worldAfter(passage, 'process'), worldAfter(passage, 'power')]
    const add = (key: string, one: Case): void => void (cases.has(key) || cases.set(key, one))
    add(killed, { flow, side, deaths: [deathAt(passage)] })
    add(lost, { flow, side, deaths: [cut] })
    add(`${lost} rotates`, { flow, side, deaths: [cut], rotates: true })
    add(`${lost} twice`, { flow, side, deaths: [cut, second] })
  }
  return [...cases.values()]
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
