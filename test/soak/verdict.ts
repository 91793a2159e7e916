// Has a soak shown anything, and was anything wrong? One in which nothing ever succeeded has kept every sat in its place, and says nothing.

/** What must have succeeded once; in a minute it is not sure that a machine lives long enough for more than the first. */
const DEEDS = ['buy', 'topup', 'stop'] as const
const SHORT_MINUTES = 1

/** Everything that keeps a soak from passing: what the oracle found, what no weather excuses, and each deed that nobody ever did with success. */
export function faultsOf({
  minutes,
  counts,
  faults,
  wrong,
}: {
  minutes: number
  /** How often what has happened, as the tally names it. */
  counts: ReadonlyMap<string, number>
  faults: readonly string[]
  /** The wrongs of all mints. */
  wrong: readonly string[]
}): string[] {
  const expected = minutes > SHORT_MINUTES ? DEEDS : DEEDS.slice(0, 1)
  const never = expected.filter((deed) => (counts.get(endOf(deed, 0)) ?? 0) === 0)
  return [...wrong, ...faults, ...never.map((deed) => `${deed} never succeeded in all its time`)]
}

/** The tally's name for one command's end. */
export function endOf(command: string, code: number | null): string {
  return `${command}: exit ${code}`
}
