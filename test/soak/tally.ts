// What has happened in a soak? Counts by name, and everything that must never happen.

export interface Tally {
  count(name: string): void
  /** What no weather excuses. */
  fault(what: string): void
  readonly counts: ReadonlyMap<string, number>
  readonly faults: readonly string[]
}

export function openTally(): Tally {
  const counts = new Map<string, number>()
  const faults: string[] = []
  return {
    counts,
    faults,
    count: (name) => void counts.set(name, (counts.get(name) ?? 0) + 1),
    fault: (what) => {
      faults.push(what)
      process.stderr.write(`FAULT ${what}\n`)
    },
  }
}
