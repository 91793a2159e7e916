// Which specs does the configuration sell? From a file, from JSON in a variable, or from the older single rate.
import * as z from 'zod'
import { nameArgument } from '../core/quote-argument.ts'
import { isSpecId } from '../core/ids.ts'
import { HIGHEST_RATE_MSAT_PER_SEC, rateFromSatsPerHour } from '../core/pricing.ts'
import type { Spec } from '../core/spec.ts'
import { EXAMPLES, problem } from './config-environment.ts'

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

const DEFAULT_SPECS_FILE = 'pod-specs.json'

type Environment = Readonly<Record<string, string | undefined>>
/** Text of a file, a sentence on why it cannot be read, or undefined where there is no file. */
export type ReadText = (path: string) => string | { unreadable: string } | undefined
export type SpecsRead = { specs: Spec[] } | { problems: string[] }

/** The file that the specs have to be read from, where a file says them. */
export function specsFileOf(env: Environment): string | undefined {
  const said = (name: string) => env[name]?.trim() || undefined
  const file = said('POD_SPECS_FILE')
  if (file !== undefined) return file
  return (said('POD_SPECS') ?? said('PAYMENT_RATE_SATS_PER_HOUR')) ? undefined : DEFAULT_SPECS_FILE
}

/** The specs of these variables; `file` is the one that has to be mended where they cannot be read. */
export function readSpecs(env: Environment, readText: ReadText): SpecsRead & { file?: string } {
  const file = specsFileOf(env)
  if (file !== undefined) return readSpecsFile(file, readText(file), env.POD_SPECS_FILE !== undefined)
  if (env.POD_SPECS === undefined) {
    const rate = env.PAYMENT_RATE_SATS_PER_HOUR ?? ''
    // What else it may be is a problem of that variable.
    return /^0*[1-9]\d{0,9}$/.test(rate) ? { specs: specOfSingleRate(Number(rate)) } : { problems: [] }
  }
  const read = parseSpecs(env.POD_SPECS)
  // One problem of one variable, however many specs are wrong.
  return 'specs' in read ? read : { problems: [problem('POD_SPECS', read.problems.join('; '))] }
}

function readSpecsFile(
  file: string,
  text: ReturnType<ReadText>,
  isNamed: boolean,
): SpecsRead & { file?: string } {
  if (text === undefined) {
    if (isNamed) return { problems: [problem('POD_SPECS_FILE', `there is no file ${nameArgument(file)}`)] }
    return { problems: [`POD_SPECS environment variable is required: POD_SPECS=${EXAMPLES.POD_SPECS}`] }
  }
  if (typeof text !== 'string') return { problems: [`POD_SPECS_FILE: ${text.unreadable}`], file }
  const read = parseSpecs(text)
  if ('specs' in read) return read
  return { problems: [`POD_SPECS_FILE: ${nameArgument(file)}: ${read.problems.join('; ')}`], file }
}

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
function specOfSingleRate(satPerHour: number): Spec[] {
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
