// Is any sat lost, whatever goes wrong, for as long as you like? npm run soak -- --minutes N --seed S [--people N] [--storm 0.05]
import { parseArgs } from 'node:util'
import { diceOf } from '../support/weather/dice.ts'
import { reportOf } from '../oracle/report.ts'
import { wrongs } from '../oracle/reckon.ts'
import { leaveBacklog } from './backlog.ts'
import { keepEvidence } from './keep-evidence.ts'
import { reckon } from './reckoning.ts'
import { fundEverybody, killNowAndThen, live, rotateNowAndThen } from './soak-life.ts'
import { openSoakWorld, type SoakWorld } from './soak-world.ts'
import { openTally } from './tally.ts'
import { faultsOf } from './verdict.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '3' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    people: { type: 'string', default: '3' },
    storm: { type: 'string', default: '0.05' },
  },
})
const number = (text: string): number => {
  const value = Number(text)
  if (Number.isFinite(value) && value >= 0) return value
  throw new Error(`${text} is not a number`)
}
const seed = number(values.seed)
const minutes = number(values.minutes)
console.log(`soak of ${minutes} min, seed ${seed}`)
// What it started ends with it.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => process.exit(code))
}

const dice = diceOf(seed)
const tally = openTally()
await using world = await openSoakWorld(dice.fork('world'), number(values.people))
await leaveBacklog(world, dice.fork('backlog'))
await fundEverybody(world)
const until = Date.now() + minutes * 60_000
world.storm(number(values.storm))
const lives = [
  ...world.people.map(async (person, index) =>
    live(person, world, dice.fork(`person ${index}`), tally, until),
  ),
  ...world.providers.map(async (one, index) =>
    killNowAndThen(one, dice.fork(`killer ${index}`), tally, until),
  ),
  rotateNowAndThen(world, dice.fork('rotation'), tally, until),
]
// What breaks off one life ends none of the others, and not the reckoning.
for (const result of await Promise.allSettled(lives))
  if (result.status === 'rejected') tally.fault(String(result.reason))
const judged = await reckon(world, tally)

console.table(asTable(tally.counts))
console.table(weatherOf(world))
for (const { mint, reckoning } of judged) console.log(`${mint}\n${reportOf(reckoning)}`)
const wrong = judged.flatMap(({ reckoning }) => wrongs(reckoning))
const faults = faultsOf({ minutes, counts: tally.counts, faults: tally.faults, wrong })
for (const fault of faults) console.error(`fault: ${fault}`)
const isWhole = faults.length === 0
console.log(
  isWhole
    ? `every sat is in its place (seed ${seed})`
    : `FAILED: again with --seed ${seed}; the databases are kept in ${keepEvidence(world, seed)}`,
)
process.exitCode = isWhole ? 0 : 1

function weatherOf({ mints, relays }: SoakWorld): Record<string, number> {
  const all = new Map<string, number>()
  for (const { weather } of [...mints, ...relays]) {
    for (const [name, times] of weather.counts) all.set(name, (all.get(name) ?? 0) + times)
  }
  return asTable(all)
}

function asTable(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].toSorted(([one], [other]) => one.localeCompare(other)))
}
