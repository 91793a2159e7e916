// How long do --version and --help take, compared with an empty Node process?
import { type Figure, median } from './figures.ts'
import { program, timeNode } from './run-program.ts'

const RUNS = 21

/** Medians of interleaved runs, so that a busy moment meets all of them. */
export async function startUp(home: string): Promise<Figure[]> {
  const calls = { empty: ['-e', '0'], version: program('--version'), help: program('--help') }
  const times: Record<keyof typeof calls, number[]> = { empty: [], version: [], help: [] }
  // The first run of each fills caches and does not count.
  for (let run = 0; run <= RUNS; run += 1) {
    for (const name of ['empty', 'version', 'help'] as const) {
      const { totalMs } = await timeNode(calls[name], undefined, { PAYGRESS_HOME: home })
      if (run > 0) times[name].push(totalMs)
    }
  }
  const reference = { what: 'node -e 0', value: median(times.empty) }
  return [
    { what: 'paygress --version', ours: median(times.version), unit: 'ms', reference },
    { what: 'paygress --help', ours: median(times.help), unit: 'ms', reference },
  ]
}
