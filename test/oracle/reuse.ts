// Has more than one operation asked a mint for the same output? Only where each before had been given up when the next one asked.
import type { JournalledOutput } from './journal-file.ts'
import type { Finding } from './reckon.ts'

/** Where an output stands. */
export interface Place {
  side: string
  output: JournalledOutput
}

/** Outputs that were asked for twice; each of `places` are those of one output. */
export function reused(places: Iterable<readonly Place[]>): Finding[] {
  const found: Finding[] = []
  for (const same of places) {
    const clashing = same.filter((one) =>
      same.some((other) => other !== one && !isUsedAfter(one, other) && !isUsedAfter(other, one)),
    )
    const [first] = clashing
    if (first === undefined) continue
    const where = clashing.map(({ side, output }) => `${side} ${output.operation}`).join(' and ')
    found.push({ sat: first.output.sat, what: `one output was asked for by ${where}` })
  }
  return found
}

/** The first was given up before the next operation can have asked for the same output. */
function isUsedAfter({ output: first }: Place, { output: next }: Place): boolean {
  return isGivenUp(first) && first.endedAt !== undefined && first.endedAt <= next.askedBy
}

/** The mint refused it and was not asked again. */
export function isGivenUp({ state, isCapture }: JournalledOutput): boolean {
  return state === 'failed' && !isCapture
}
