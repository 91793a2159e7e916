// Which specs does the configuration sell? From a file, from JSON in a variable, or from the older single rate.
import * as z from 'zod'
import { isSpecId } from '../core/ids.ts'
import { HIGHEST_RATE_MSAT_PER_SEC, rateFromSatsPerHour } from '../core/pricing.ts'
import type { Spec } from '../core/spec.ts'

const specSchema = z.object({
  id: z.string().refine(isSpecId, 'must be 1 to 64 letters, digits, dots, dashes or underscores'),
  name: z.string().min(1).max(200),
  description: z.string().max(2_000).default(''),
  cpu_millicores: z.int().min(1).max(10_000_000),
  memory_mb: z.int().min(1).max(100_000_000),
  rate_msats_per_sec: z.int().min(1).max(HIGHEST_RATE_MSAT_PER_SEC),
})
const specsSchema = z.array(specSchema).min(1, 'must hold at least one spec').max(100)

const DEFAULT_CPU_MILLICORES = 1000
const DEFAULT_MEMORY_MB = 1024

export type SpecsRead = { specs: Spec[] } | { problems: string[] }

/** The specs in a JSON text; every problem names where it is. */
export function parseSpecs(json: string): SpecsRead {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    // Only the place: the message itself quotes the text, and the file may be one of secrets.
    const place = /at position \d+.*$/.exec(error instanceof Error ? error.message : '')?.[0]
    return { problems: [place === undefined ? 'is not JSON' : `is not JSON ${place}`] }
  }
  const parsed = specsSchema.safeParse(value)
  if (!parsed.success) return { problems: problemsOf(parsed.error.issues) }
  const ids = parsed.data.map(({ id }) => id)
  const twice = ids.find((id, at) => ids.indexOf(id) !== at)
  if (twice !== undefined) return { problems: [`has two specs with the id "${twice}"`] }
  return {
    specs: parsed.data.map((spec) => ({
      id: spec.id,
      name: spec.name,
      description: spec.description,
      cpuMillicores: spec.cpu_millicores,
      memoryMb: spec.memory_mb,
      rateMsatPerSec: spec.rate_msats_per_sec,
    })),
  }
}

/** One for each spec, the first of them being spec 1. */
function problemsOf(issues: readonly z.core.$ZodIssue[]): string[] {
  const bySpec = Map.groupBy(issues, ({ path }) => path[0])
  return [...bySpec].map(([at, found]) => {
    const whats = found.map(({ path, message }) =>
      path.length > 1 ? `${path.slice(1).map(String).join('.')} ${plain(message)}` : plain(message),
    )
    return typeof at === 'number' ? `spec ${at + 1}: ${whats.join(', ')}` : whats.join(', ')
  })
}

function plain(message: string): string {
  const [, expected, received] = /^Invalid input: expected (\w+), received (\w+)/.exec(message) ?? []
  if (received === 'undefined') return 'is missing'
  if (expected !== undefined)
    return `must be ${expected === 'int' ? 'a whole number' : `of type ${expected}`}`
  return message
    .replace(/^Too (?:small|big): expected \w+ to (?:be|have) /, 'must be ')
    .replace('>=', 'at least ')
    .replace('<=', 'at most ')
}

/** The one spec of the older single rate. */
export function specOfSingleRate(satPerHour: number): Spec[] {
  const id = 'default'
  if (!isSpecId(id)) return []
  return [
    {
      id,
      name: 'Default',
      description: `${satPerHour} sats per hour`,
      cpuMillicores: DEFAULT_CPU_MILLICORES,
      memoryMb: DEFAULT_MEMORY_MB,
      rateMsatPerSec: rateFromSatsPerHour(satPerHour),
    },
  ]
}
