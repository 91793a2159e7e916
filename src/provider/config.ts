// What did the operator configure, and what is wrong with it? Every problem at once, each with an example.
import type * as z from 'zod'
import { PaygressError } from '../core/errors.ts'
import { nameArgument } from '../core/quote-argument.ts'
import { isLoopbackUrl } from '../core/relay-url.ts'
import type { Spec } from '../core/spec.ts'
import { DEFAULT_IMAGE, environment, type ParsedEnvironment, problem } from './config-environment.ts'
import { noticesOf } from './config-notices.ts'
import { readSpecs, type ReadText } from './config-specs.ts'
import { type KubernetesConfig, LOG_LEVELS, type LogLevel, type ProviderConfig } from './provider-config.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The configuration of a provider from its variables; flags stand in for variables (`--backend` is `BACKEND`). An empty value counts as
 * unset. Throws `config_invalid` whose `details.problems` names every variable that is wrong.
 */
export function parseProviderConfig(
  env: Environment,
  readText: ReadText,
  privateKeyProblem: (configured: string) => string | undefined = () => undefined,
): ProviderConfig {
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
  const known = 'specs' in specs ? specs.specs : undefined
  const capacity = readCapacity(given, known, problems)
  const logLevel = readLogLevel(given, problems)
  const { NOSTR_PRIVATE_KEY: key } = given
  const wrongKey = key === undefined ? undefined : privateKeyProblem(key)
  if (wrongKey !== undefined) problems.push(problem('NOSTR_PRIVATE_KEY', wrongKey))
  crossCheck(given, parsed.success ? parsed.data : soundPart(given, parsed.error), problems)
  if (!parsed.success || known === undefined || problems.length > 0)
    throw invalid(problems, 'file' in specs ? specs.file : undefined)
  return configOf(parsed.data, { specs: known, capacity, logLevel, notices: noticesOf(given, parsed.data) })
}

/** A file that is broken is mended itself: its variable may be right, or not even set. */
function invalid(problems: string[], file: string | undefined): PaygressError {
  const mend = file === undefined ? [] : [`mend ${nameArgument(file)}, or name another with POD_SPECS_FILE`]
  const set = problems.length > mend.length ? ['set these variables in the environment or in .env'] : []
  return new PaygressError('config_invalid', `the configuration is not usable: ${problems.join('; ')}`, {
    hint: `${[...mend, ...set].join('; ')} and start again`,
    details: { problems },
  })
}

/** `CAPACITY_<SPEC>`: the spec's id in capitals, everything else than letters and digits as `_`. */
function readCapacity(
  given: Environment,
  specs: readonly Spec[] | undefined,
  problems: string[],
): ProviderConfig['capacity'] {
  const capacity: ProviderConfig['capacity'] = new Map()
  for (const [name, value] of Object.entries(given)) {
    if (!name.startsWith('CAPACITY_') || value === undefined) continue
    const spec = specs?.find(({ id }) => `CAPACITY_${id.toUpperCase().replace(/[^A-Z0-9]/g, '_')}` === name)
    if (specs !== undefined && spec === undefined)
      problems.push(`${name}: there is no such spec (example: CAPACITY_BASIC=4)`)
    else if (!/^\d{1,6}$/.test(value)) problems.push(`${name}: must be a whole number (example: ${name}=4)`)
    else if (spec !== undefined) capacity.set(spec.id, Number(value))
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

type SoundPart = { [Name in keyof ParsedEnvironment]?: ParsedEnvironment[Name] | undefined }

/** What can be read in spite of mistakes elsewhere, so that everything wrong is told at once. */
function soundPart(given: Environment, { issues }: z.ZodError): SoundPart {
  const wrong = new Set(issues.map(({ path }) => String(path[0])))
  const rest = Object.entries(given).filter(([name]) => !wrong.has(name))
  return environment.partial().parse(Object.fromEntries(rest))
}

function crossCheck(given: Environment, parsed: SoundPart, problems: string[]): void {
  const backend = given.BACKEND ?? 'kubernetes'
  const { NOSTR_RELAYS: relays = [], SSH_PORT_RANGE_START: first, SSH_PORT_RANGE_END: last } = parsed
  const outside = backend === 'process' ? relays.filter((url) => !isLoopbackUrl(url)) : []
  if (outside.length > 0)
    problems.push(
      `NOSTR_RELAYS: ${outside[0]} is not a relay on this machine, and process pods have no isolation (example: NOSTR_RELAYS=ws://127.0.0.1:7777)`,
    )
  checkTor(backend, parsed, problems)
  if (backend === 'kubernetes' && given.SSH_HOST === undefined && parsed.SSH_EXPOSURE !== 'none')
    problems.push(problem('SSH_HOST', 'environment variable is required'))
  if (first !== undefined && last !== undefined && last < first)
    problems.push(problem('SSH_PORT_RANGE_END', 'must not be below SSH_PORT_RANGE_START'))
  const { MAXIMUM_POD_DURATION_SECONDS: most, MINIMUM_POD_DURATION_SECONDS: least } = parsed
  if (most !== undefined && least !== undefined && most < least)
    problems.push(problem('MAXIMUM_POD_DURATION_SECONDS', 'must not be below MINIMUM_POD_DURATION_SECONDS'))
}

function checkTor(backend: string, parsed: SoundPart, problems: string[]): void {
  const { SSH_EXPOSURE: exposure, ENABLE_TOR_SIDECAR: isOn, TOR_IMAGE: image } = parsed
  if (isOn === true && backend === 'process')
    problems.push(problem('ENABLE_TOR_SIDECAR', 'process pods have no Tor'))
  else if (isOn === true && image === undefined)
    problems.push(problem('TOR_IMAGE', 'environment variable is required'))
  if (exposure === 'none' && isOn !== true)
    problems.push(
      'SSH_EXPOSURE: none leaves no way into a machine but Tor, which is off (example: ENABLE_TOR_SIDECAR=true)',
    )
}

function configOf(
  parsed: ParsedEnvironment,
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
    kubernetes: parsed.BACKEND === 'kubernetes' ? kubernetesOf(parsed, defaultImage) : undefined,
    bindAddress: parsed.BIND_ADDR,
    portRange: { start: parsed.SSH_PORT_RANGE_START, end: parsed.SSH_PORT_RANGE_END },
    startupAllowanceSec: parsed.STARTUP_ALLOWANCE_SECONDS,
    maxUnpaidLeases: parsed.MAX_UNPAID_LEASES,
    offerRefreshSec: parsed.OFFER_REFRESH_SECONDS,
    minPow: parsed.MIN_POW,
    ratePerSenderPerMin: parsed.RATE_LIMIT_PER_SENDER,
    ratePerRelayPerMin: parsed.RATE_LIMIT_PER_RELAY,
  }
}

function kubernetesOf(parsed: ParsedEnvironment, ownImage: string): KubernetesConfig {
  return {
    namespace: parsed.POD_NAMESPACE,
    sshHost: parsed.SSH_HOST ?? '',
    exposure: parsed.SSH_EXPOSURE,
    ...given('kubeconfig', parsed.KUBECONFIG),
    ...given('context', parsed.KUBE_CONTEXT),
    ...(parsed.ENABLE_TOR_SIDECAR ? given('torImage', parsed.TOR_IMAGE) : {}),
    holdImage: parsed.HOLD_IMAGE ?? ownImage,
    ...given('runtimeClassName', parsed.RUNTIME_CLASS_NAME),
    ...given('hostUsers', parsed.HOST_USERS),
    namespacePerPod: parsed.NAMESPACE_PER_POD,
    ...given('storageMb', parsed.POD_DISK_MB),
  }
}

function given<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: Value })
}
