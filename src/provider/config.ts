// What did the operator configure, and what is wrong with it? Every problem at once, each with an example.
import * as z from 'zod'
import { PaygressError } from '../core/errors.ts'
import type { Spec } from '../core/spec.ts'
import {
  imageList,
  loopbackRelayList,
  mintList,
  number,
  optionalNumber,
  splitList,
  yesOrNo,
} from './config-fields.ts'
import { parseSpecs, specOfSingleRate, type SpecsRead } from './config-specs.ts'
import { LOG_LEVELS, type LogLevel, type ProviderConfig } from './provider-config.ts'

/** Text of a file, undefined where there is none. */
export type ReadText = (path: string) => string | undefined
type Environment = Readonly<Record<string, string | undefined>>

const TEN_YEARS = 315_360_000
const DEFAULT_IMAGE = 'linuxserver/openssh-server:latest'
const DEFAULT_SPECS_FILE = 'pod-specs.json'

/** An example for every variable that can be wrong. */
const EXAMPLES: Readonly<Record<string, string>> = {
  RUN_MODE: 'nostr',
  BACKEND: 'process',
  NOSTR_RELAYS: 'ws://127.0.0.1:7777',
  WHITELISTED_MINTS: 'https://mint.example.com',
  POD_SPECS:
    '[{"id":"basic","name":"Basic","description":"1 core, 1 GB","cpu_millicores":1000,"memory_mb":1024,"rate_msats_per_sec":100}]',
  POD_SPECS_FILE: 'pod-specs.json',
  PAYMENT_RATE_SATS_PER_HOUR: '100',
  BASE_IMAGE: DEFAULT_IMAGE,
  ALLOWED_IMAGES: 'linuxserver/*',
  MINIMUM_POD_DURATION_SECONDS: '60',
  MAXIMUM_POD_DURATION_SECONDS: '2592000',
  SSH_PORT_RANGE_START: '30000',
  SSH_PORT_RANGE_END: '31000',
  STARTUP_ALLOWANCE_SECONDS: '300',
  MAX_UNPAID_LEASES: '10',
  OFFER_REFRESH_SECONDS: '600',
  MIN_POW: '0',
  RATE_LIMIT_PER_SENDER: '30',
  RATE_LIMIT_PER_RELAY: '600',
  LOG_LEVEL: 'info',
  ENABLE_TOR_SIDECAR: 'false',
  CONTEXTVM_ENABLED: 'false',
  LEGACY_DIALECTS: '(leave it empty)',
}

const LATER = 'comes in a later version'

const environment = z.object({
  RUN_MODE: choice('nostr', `this version serves nostr only; http and both: ${LATER}`),
  BACKEND: choice('process', `this version runs process pods only; kubernetes ${LATER}`),
  NOSTR_RELAYS: loopbackRelayList,
  NOSTR_PRIVATE_KEY: z.string().optional(),
  WHITELISTED_MINTS: mintList,
  CASHU_DB_PATH: z.string().default('./data/paygress.db'),
  MINIMUM_POD_DURATION_SECONDS: number(60, 1, TEN_YEARS),
  MAXIMUM_POD_DURATION_SECONDS: optionalNumber(1, TEN_YEARS),
  BASE_IMAGE: z.string().optional(),
  SSH_BASE_IMAGE: z.string().optional(),
  ALLOWED_IMAGES: imageList,
  SSH_HOST: z.string().optional(),
  SSH_PORT: number(2222, 1, 65_535),
  SSH_PORT_RANGE_START: number(30_000, 1, 65_535),
  SSH_PORT_RANGE_END: number(31_000, 1, 65_535),
  PROVIDER_NAME: z.string().max(200).optional(),
  PROVIDER_LOCATION: z.string().max(100).optional(),
  STARTUP_ALLOWANCE_SECONDS: number(300, 10, 3_000),
  MAX_UNPAID_LEASES: number(10, 1, 1_000),
  OFFER_REFRESH_SECONDS: number(600, 60, 3_600),
  MIN_POW: number(0, 0, 32),
  RATE_LIMIT_PER_SENDER: number(30, 1, 100_000),
  RATE_LIMIT_PER_RELAY: number(600, 1, 1_000_000),
  PAYMENT_RATE_SATS_PER_HOUR: optionalNumber(1, 1_000_000_000),
  DEFAULT_POD_DURATION_MINUTES: optionalNumber(1, 5_256_000),
  ENABLE_CLEANUP_TASK: yesOrNo(false),
  ENABLE_TOR_SIDECAR: off(`Tor ${LATER}`),
  CONTEXTVM_ENABLED: off(`ContextVM ${LATER}`),
  LEGACY_DIALECTS: z
    .string()
    .optional()
    .refine((text) => splitList(text ?? '').length === 0, `older dialects: ${LATER}`),
  LOG_LEVEL: z.string().optional(),
  RUST_LOG: z.string().optional(),
})

type Parsed = z.infer<typeof environment>

function choice<Value extends string>(only: Value, otherwise: string) {
  return z
    .string()
    .default(only)
    .refine((text): text is Value => text === only, otherwise)
}

function off(otherwise: string) {
  return yesOrNo(false).refine((isOn) => !isOn, otherwise)
}

/**
 * The configuration of a provider from its variables; flags stand in for variables (`--backend` is `BACKEND`). An empty value counts as
 * unset. Throws `config_invalid` whose `details.problems` names every variable that is wrong.
 */
export function parseProviderConfig(env: Environment, readText: ReadText): ProviderConfig {
  const given = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || value.trim() === '' ? [] : [[name, value.trim()] as const],
    ),
  )
  const parsed = environment.safeParse(given)
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => problem(String(issue.path[0]), issue.message))
  const specs = readSpecs(given, readText)
  if ('problems' in specs) problems.push(...specs.problems)
  const known = 'specs' in specs ? specs.specs : []
  const capacity = readCapacity(given, known, problems)
  const logLevel = readLogLevel(given, problems)
  if (!parsed.success) throw invalid(problems)
  crossCheck(parsed.data, problems)
  if (problems.length > 0) throw invalid(problems)
  return configOf(parsed.data, { specs: known, capacity, logLevel, notices: noticesOf(given, parsed.data) })
}

function problem(name: string, what: string): string {
  const example = EXAMPLES[name]
  const joined = what === 'environment variable is required' ? `${name} ${what}` : `${name}: ${what}`
  return example === undefined ? joined : `${joined} (example: ${name}=${example})`
}

function invalid(problems: string[]): PaygressError {
  return new PaygressError('config_invalid', `the configuration is not usable: ${problems.join('; ')}`, {
    hint: 'set these variables in the environment or in .env and start again',
    details: { problems },
  })
}

function readSpecs(given: Environment, readText: ReadText): SpecsRead {
  const file = given.POD_SPECS_FILE
  if (file !== undefined) {
    const text = readText(file)
    if (text === undefined) return { problems: [problem('POD_SPECS_FILE', `there is no file ${file}`)] }
    return named('POD_SPECS_FILE', parseSpecs(text))
  }
  if (given.POD_SPECS !== undefined) return named('POD_SPECS', parseSpecs(given.POD_SPECS))
  const rate = given.PAYMENT_RATE_SATS_PER_HOUR
  if (rate !== undefined) return { specs: /^[1-9]\d{0,9}$/.test(rate) ? specOfSingleRate(Number(rate)) : [] }
  const text = readText(DEFAULT_SPECS_FILE)
  if (text !== undefined) return named('POD_SPECS_FILE', parseSpecs(text))
  return { problems: [`POD_SPECS environment variable is required: POD_SPECS=${EXAMPLES.POD_SPECS}`] }
}

function named(name: string, read: SpecsRead): SpecsRead {
  return 'specs' in read ? read : { problems: read.problems.map((what) => problem(name, what)) }
}

/** `CAPACITY_<SPEC>`: the spec's id in capitals, everything else than letters and digits as `_`. */
function readCapacity(
  given: Environment,
  specs: readonly Spec[],
  problems: string[],
): ProviderConfig['capacity'] {
  const capacity: ProviderConfig['capacity'] = new Map()
  for (const [name, value] of Object.entries(given)) {
    if (!name.startsWith('CAPACITY_') || value === undefined) continue
    const spec = specs.find(({ id }) => `CAPACITY_${id.toUpperCase().replace(/[^A-Z0-9]/g, '_')}` === name)
    if (spec === undefined) problems.push(`${name}: there is no such spec (example: CAPACITY_BASIC=4)`)
    else if (/^\d{1,6}$/.test(value)) capacity.set(spec.id, Number(value))
    else problems.push(`${name}: must be a whole number (example: ${name}=4)`)
  }
  return capacity
}

function readLogLevel(given: Environment, problems: string[]): LogLevel {
  // RUST_LOG may hold filters by module: its first plain level counts.
  const rust = given.RUST_LOG?.split(',').map((part) => part.trim().toLowerCase().replace('trace', 'debug'))
  const asked = given.LOG_LEVEL?.toLowerCase() ?? rust?.find((part) => isLevel(part))
  if (asked === undefined) return 'info'
  if (isLevel(asked)) return asked
  problems.push(problem('LOG_LEVEL', `must be one of ${LOG_LEVELS.join(', ')}`))
  return 'info'
}

function isLevel(text: string): text is LogLevel {
  return LOG_LEVELS.some((level) => level === text)
}

function crossCheck(parsed: Parsed, problems: string[]): void {
  if (parsed.SSH_PORT_RANGE_END < parsed.SSH_PORT_RANGE_START)
    problems.push(problem('SSH_PORT_RANGE_END', 'must not be below SSH_PORT_RANGE_START'))
  const most = parsed.MAXIMUM_POD_DURATION_SECONDS
  if (most !== undefined && most < parsed.MINIMUM_POD_DURATION_SECONDS)
    problems.push(problem('MAXIMUM_POD_DURATION_SECONDS', 'must not be below MINIMUM_POD_DURATION_SECONDS'))
}

function noticesOf(given: Environment, parsed: Parsed): string[] {
  const notices: string[] = []
  if (parsed.ENABLE_CLEANUP_TASK)
    notices.push('ENABLE_CLEANUP_TASK is accepted and does nothing: machines end by their own deadlines')
  if (given.DEFAULT_POD_DURATION_MINUTES !== undefined)
    notices.push(
      'DEFAULT_POD_DURATION_MINUTES is accepted and does nothing: the payment decides how long a pod runs',
    )
  if (parsed.SSH_HOST !== undefined)
    notices.push('SSH_HOST does nothing here: process pods listen on loopback only')
  for (const name of [
    'POD_NAMESPACE',
    'BIND_ADDR',
    'TOR_IMAGE',
    'SSH_EXPOSURE',
    'HOLD_IMAGE',
    'RUNTIME_CLASS_NAME',
    'ADMIN_TOKEN',
  ])
    if (given[name] !== undefined) notices.push(`${name} is accepted and does nothing in this version`)
  return notices
}

function configOf(
  parsed: Parsed,
  rest: Pick<ProviderConfig, 'specs' | 'capacity' | 'logLevel' | 'notices'>,
): ProviderConfig {
  const defaultImage = parsed.BASE_IMAGE ?? parsed.SSH_BASE_IMAGE ?? DEFAULT_IMAGE
  return {
    ...rest,
    backend: parsed.BACKEND,
    relays: parsed.NOSTR_RELAYS,
    mints: parsed.WHITELISTED_MINTS,
    name: parsed.PROVIDER_NAME,
    location: parsed.PROVIDER_LOCATION,
    privateKey: parsed.NOSTR_PRIVATE_KEY,
    databasePath: parsed.CASHU_DB_PATH,
    minimumDurationSec: parsed.MINIMUM_POD_DURATION_SECONDS,
    maximumDurationSec: parsed.MAXIMUM_POD_DURATION_SECONDS,
    defaultImage,
    // The provider's own image is always allowed.
    allowedImages: [...new Set([defaultImage, ...parsed.ALLOWED_IMAGES])],
    sshHost: parsed.SSH_HOST,
    portRange: { start: parsed.SSH_PORT_RANGE_START, end: parsed.SSH_PORT_RANGE_END },
    startupAllowanceSec: parsed.STARTUP_ALLOWANCE_SECONDS,
    maxUnpaidLeases: parsed.MAX_UNPAID_LEASES,
    offerRefreshSec: parsed.OFFER_REFRESH_SECONDS,
    minPow: parsed.MIN_POW,
    ratePerSenderPerMin: parsed.RATE_LIMIT_PER_SENDER,
    ratePerRelayPerMin: parsed.RATE_LIMIT_PER_RELAY,
  }
}
