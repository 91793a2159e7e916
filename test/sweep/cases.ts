// Which cases does the sweep of the table run, and what are they called?
import { FLOWS, type Flow, flowNamed } from './flows.ts'
import type { Case } from './run-case.ts'
import { type Cover, TABLE } from './table.ts'
import type { Death } from './mortals.ts'

const SWAPPED = 'after wallet/ask-mint.ts askMint swap'
const BEGUN = 'after wallet/engine.ts begin transaction'

/** One case per seam, side and moment, by turns of a process and of a machine, and a power cut in the middle of the money of every flow. */
export function casesOfTable(): Case[] {
  const cases = Object.entries(TABLE).flatMap(([seam, covers]) => {
    // By the name, so that a new row leaves the others as they are.
    const [first, second] =
      seam.length % 2 === 0 ? (['process', 'power'] as const) : (['power', 'process'] as const)
    return typeof covers === 'string'
      ? []
      : covers.flatMap(({ side, before, after, passed = 0 }) => [
          caseOf(side, before, { point: `before ${seam}`, after: passed, kill: first }),
          caseOf(side, after, { point: `after ${seam}`, after: passed, kill: second }),
        ])
  })
  const all = [
    ...cases,
    ...FLOWS.flatMap(deathsInTheMiddle),
    ...newKeysInTheMiddle(),
    ...silentWithTheMoney(),
  ]
  // A death in the middle may be one of the table's, too.
  return [...new Map(all.map((one) => [nameOf(one), one])).values()]
}

/** A case as one line. */
export function nameOf({ flow, side, deaths, rotates = false }: Case): string {
  const what = deaths
    .map(({ point, after = 0, kill, process = 1 }) => {
      const passed = after === 0 ? point : `${point} (${after} passed)`
      const where = process === 1 ? passed : `in process ${process} ${passed}`
      return `${kill === 'power' ? 'loses power' : 'dies'} ${where}`
    })
    .join(', then ')
  return `${flow.name}${rotates ? ', new keys' : ''}: ${what === '' ? 'nobody else dies' : `${side} ${what}`}`
}

function caseOf(side: Cover['side'], text: string, death: Death): Case {
  const [name = '', first] = text.split(' > ')
  const flow = flowNamed(name)
  if (first === undefined) return { flow, side, deaths: [death] }
  if (first === 'swapped') return { flow, side, deaths: [{ point: SWAPPED }, death] }
  return { flow, side, deaths: [{ point: BEGUN }, death], rotates: true }
}

/** The mint has new keys when the dead come back, to what it has done and to what it was not yet asked for. */
function newKeysInTheMiddle(): Case[] {
  return ['top up locked', 'top up plain', 'stop'].map(flowNamed).flatMap((flow) =>
    flow.swaps.flatMap((side): Case[] => [
      { flow, side, deaths: [{ point: BEGUN, kill: 'power' }], rotates: true },
      { flow, side, deaths: [{ point: SWAPPED }], rotates: true },
    ]),
  )
}

/** The provider has captured and is gone until every lock is over: alone, beside a buyer who dies, and when it comes back. */
function silentWithTheMoney(): Case[] {
  const flow = flowNamed('silent with the money')
  return [
    { flow, side: 'provider', deaths: [] },
    {
      flow,
      side: 'buyer',
      deaths: [{ point: 'after client/order-journal.ts moveNow transaction', kill: 'power' }],
    },
    { flow, side: 'provider', deaths: [{ point: 'before provider/spawn-steps.ts giveBack transaction' }] },
  ]
}

/** Right after the mint has done its work, and nothing of it is on disk. */
function deathsInTheMiddle(flow: Flow): Case[] {
  return flow.swaps.map((side) => ({ flow, side, deaths: [{ point: SWAPPED, kill: 'power' }] }))
}
