// What does a provider have to know before it can serve? Everything that the operator may set.
import type { SpecId } from '../core/ids.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import type { Spec } from '../core/spec.ts'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** How machines run on a cluster. */
export interface KubernetesConfig {
  namespace: string
  /** The address that buyers connect to. */
  sshHost: string
  exposure: 'nodeport' | 'hostport' | 'none'
  /** The image of Tor: set where machines get an onion address. */
  torImage?: string
  kubeconfig?: string
  context?: string
  /** The image of the containers that are the provider's own: nothing of a buyer's runs in them. */
  holdImage: string
  runtimeClassName?: string
  hostUsers?: boolean
  /** Each lease in a namespace of its own. */
  namespacePerPod: boolean
  /** Disk of one machine in MB; the back end has a default. */
  storageMb?: number
}

export interface ProviderConfig {
  backend: 'kubernetes' | 'process'
  /** Set where the back end is kubernetes. */
  kubernetes: KubernetesConfig | undefined
  /** Where health is served; undefined: nowhere but in a cluster. */
  bindAddress: { host: string; port: number } | undefined
  relays: RelayUrl[]
  mints: MintUrl[]
  /** At least one; the first is the default. */
  specs: Spec[]
  name: string | undefined
  location: string | undefined
  /** nsec, 64 hex characters or the path of a file with either; undefined: one is made and kept. A secret. */
  privateKey: string | undefined
  databasePath: string
  minimumDurationSec: number
  maximumDurationSec: number | undefined
  defaultImage: string
  allowedImages: string[]
  portRange: { start: number; end: number }
  startupAllowanceSec: number
  maxUnpaidLeases: number
  capacity: Map<SpecId, number>
  offerRefreshSec: number
  minPow: number
  ratePerSenderPerMin: number
  ratePerRelayPerMin: number
  logLevel: LogLevel
  /** What is accepted but does something else than it says: one sentence each, for the log. */
  notices: string[]
}

/** True where machines get an onion address. */
export function hasTor({ kubernetes }: Pick<ProviderConfig, 'kubernetes'>): boolean {
  return kubernetes?.torImage !== undefined
}

/** The least time a lock must last, as the offer says: max(900, allowance + 600) seconds. */
export function minimumLockSec(config: Pick<ProviderConfig, 'startupAllowanceSec'>): number {
  return Math.max(900, config.startupAllowanceSec + 600)
}
