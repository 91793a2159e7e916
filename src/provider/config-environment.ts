// Which variables does the operator set, which values may each one have, and what does a right one look like?
import * as z from 'zod'
import {
  bindAddress,
  hostName,
  imageList,
  mintList,
  namespaceName,
  number,
  optionalNumber,
  optionalYesOrNo,
  relayList,
  splitList,
  yesOrNo,
} from './config-fields.ts'
import { isImage } from '../core/image.ts'

const TEN_YEARS = 315_360_000
export const DEFAULT_IMAGE = 'linuxserver/openssh-server:latest'

/** An example for every variable that can be wrong. */
export const EXAMPLES: Readonly<Record<string, string>> = {
  RUN_MODE: 'nostr',
  BACKEND: 'kubernetes',
  NOSTR_RELAYS: 'wss://relay.damus.io,wss://nos.lol',
  WHITELISTED_MINTS: 'https://mint.example.com',
  POD_SPECS:
    '[{"id":"basic","name":"Basic","description":"1 core, 1 GB","cpu_millicores":1000,"memory_mb":1024,"rate_msats_per_sec":100}]',
  POD_SPECS_FILE: 'pod-specs.json',
  PAYMENT_RATE_SATS_PER_HOUR: '100',
  BASE_IMAGE: DEFAULT_IMAGE,
  SSH_BASE_IMAGE: DEFAULT_IMAGE,
  HOLD_IMAGE: DEFAULT_IMAGE,
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
  TOR_IMAGE: 'registry.example.com/tor:0.4.9',
  CONTEXTVM_ENABLED: 'false',
  SSH_HOST: '203.0.113.7',
  SSH_EXPOSURE: 'nodeport',
  POD_NAMESPACE: 'user-workloads',
  BIND_ADDR: '0.0.0.0:8080',
  HOST_USERS: 'false',
  NAMESPACE_PER_POD: 'false',
  POD_DISK_MB: '5120',
}

/** What is wrong with a variable, with an example of a right one. */
export function problem(name: string, what: string): string {
  const example = EXAMPLES[name]
  const joined = what === 'environment variable is required' ? `${name} ${what}` : `${name}: ${what}`
  return example === undefined ? joined : `${joined} (example: ${name}=${example})`
}

const image = z.string().refine(isImage, 'must be the name of an image')

const LATER = 'comes in a later version'

export const environment = z.object({
  RUN_MODE: choice('nostr', `this version serves nostr only; http and both: ${LATER}`),
  BACKEND: oneOf(['kubernetes', 'process'], 'kubernetes'),
  NOSTR_RELAYS: relayList,
  NOSTR_PRIVATE_KEY: z.string().optional(),
  WHITELISTED_MINTS: mintList,
  CASHU_DB_PATH: z.string().default('./data/paygress.db'),
  MINIMUM_POD_DURATION_SECONDS: number(60, 1, TEN_YEARS),
  MAXIMUM_POD_DURATION_SECONDS: optionalNumber(1, TEN_YEARS),
  BASE_IMAGE: image.optional(),
  SSH_BASE_IMAGE: image.optional(),
  ALLOWED_IMAGES: imageList,
  SSH_HOST: hostName.optional(),
  SSH_EXPOSURE: oneOf(['nodeport', 'hostport', 'none'], 'nodeport'),
  POD_NAMESPACE: namespaceName.default('user-workloads'),
  KUBECONFIG: z.string().optional(),
  KUBE_CONTEXT: z.string().optional(),
  HOLD_IMAGE: image.optional(),
  RUNTIME_CLASS_NAME: z.string().optional(),
  HOST_USERS: optionalYesOrNo,
  NAMESPACE_PER_POD: yesOrNo(false),
  POD_DISK_MB: optionalNumber(16, 100_000_000),
  BIND_ADDR: bindAddress.optional(),
  SSH_PORT: number(2222, 1, 65_535),
  SSH_PORT_RANGE_START: number(30_000, 1, 65_535),
  SSH_PORT_RANGE_END: number(31_000, 1, 65_535),
  PROVIDER_NAME: textUpTo(200).optional(),
  PROVIDER_LOCATION: textUpTo(100).optional(),
  STARTUP_ALLOWANCE_SECONDS: number(300, 10, 3_000),
  MAX_UNPAID_LEASES: number(10, 1, 1_000),
  OFFER_REFRESH_SECONDS: number(600, 60, 3_600),
  MIN_POW: number(0, 0, 32),
  RATE_LIMIT_PER_SENDER: number(30, 1, 100_000),
  RATE_LIMIT_PER_RELAY: number(600, 1, 1_000_000),
  PAYMENT_RATE_SATS_PER_HOUR: optionalNumber(1, 1_000_000_000),
  DEFAULT_POD_DURATION_MINUTES: optionalNumber(1, 5_256_000),
  ENABLE_CLEANUP_TASK: yesOrNo(false),
  ENABLE_TOR_SIDECAR: yesOrNo(false),
  TOR_IMAGE: image.optional(),
  CONTEXTVM_ENABLED: off(`ContextVM ${LATER}`),
  LEGACY_DIALECTS: z
    .string()
    .optional()
    .refine((text) => splitList(text ?? '').length === 0, 'older dialects come in a later version: unset it'),
  LOG_LEVEL: z.string().optional(),
  RUST_LOG: z.string().optional(),
})

export type ParsedEnvironment = z.infer<typeof environment>

function textUpTo(most: number) {
  return z.string().max(most, `must be at most ${most} characters`)
}

function oneOf<Value extends string>(values: readonly [Value, ...Value[]], fallback: Value) {
  return z.enum(values, `must be one of ${values.join(', ')}`).default(fallback)
}

function choice<Value extends string>(only: Value, otherwise: string) {
  return z
    .string()
    .default(only)
    .refine((text): text is Value => text === only, otherwise)
}

function off(otherwise: string) {
  return yesOrNo(false).refine((isOn) => !isOn, otherwise)
}
