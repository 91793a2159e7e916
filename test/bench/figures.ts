// How is a measurement summed up and shown?

/** One line of the bench: what was measured, and against what. Both in the same unit. */
export interface Figure {
  what: string
  ours: number
  unit: string
  /** What it is compared with; absent where there is nothing comparable. */
  reference?: { what: string; value: number }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2
}

/** `what  ours  reference  ratio` for each figure; the ratio is ours over the reference. */
export function figureCells({ what, ours, unit, reference }: Figure): Record<string, string> {
  return {
    what,
    ours: `${round(ours)} ${unit}`,
    reference: reference === undefined ? '' : `${round(reference.value)} ${unit} (${reference.what})`,
    ratio: reference === undefined ? '' : `${(ours / reference.value).toFixed(2)} ×`,
  }
}

function round(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(1)
}
