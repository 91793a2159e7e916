// What does a provider need of the place where machines run? One port for Kubernetes and for process pods.
import type { LeaseId, SpecId } from '../core/ids.ts'
import type { PodNpub, PublicKeyHex } from '../core/npub.ts'

/** Everything a machine is made from; the same request makes the same machine. Secrets stay out of logs and API objects but a Secret. */
export interface MachineRequest {
  leaseId: LeaseId
  podNpub: PodNpub
  /** The buyer's key. */
  owner: PublicKeyHex
  specId: SpecId
  cpuMillicores: number
  memoryMb: number
  image: string
  username: string
  password?: string
  /** One line of an authorized_keys file. */
  authorizedKey?: string
  /** The machine's SSH host key, OpenSSH private key format. */
  hostPrivateKey: string
  /** Where it answers over Tor besides, and the expanded secret key of that, hex; absent: nowhere. */
  onion?: { address: string; secretKey: string }
  /** The pod's own Nostr key, hex. */
  podSecretKey: string
}

/** Where a reserved machine will answer. */
export interface MachineAddress {
  host: string
  port: number
}

export interface RunningMachine extends MachineAddress {
  /** When its clock began, by the machine's own place. */
  startedAt: Date
  /** The end that is enforced whatever happens to the daemon. */
  expiresAt: Date
}

/**
 * `reserved`: not started; `starting`: its clock runs, SSH has not answered yet; `ended`: nothing runs any more; `unknown`, in a list alone:
 * it is there, and what its place says of it cannot be read.
 */
export type Machine = { leaseId: LeaseId } & (
  | { state: 'reserved'; address: MachineAddress }
  | { state: 'starting' | 'running'; machine: RunningMachine }
  | { state: 'unknown' }
  | { state: 'ended'; reason: EndReason; startedAt?: Date; endedAt?: Date }
)

/** Why a machine ended: its deadline, an `end` call, or a fault of its place. */
export type EndReason = 'expired' | 'ended' | 'failed'

/**
 * Can a machine be used, as far as its place is to blame? What its tenant does to it never counts. `since`: of a machine that is down,
 * when that began; of one that is up, the latest moment at which that may have begun. `outage`: the last one that is still known of, the time of its start-up included; told again and again.
 */
export type Readiness =
  | { ready: false; since: Date }
  | { ready: true; since: Date; outage?: { since: Date; until: Date } }

/** What was found of one thing that was looked at in the place of the machines. */
export interface ComputeFinding {
  level: 'ok' | 'warn' | 'fail'
  what: string
  fix?: string
}

export interface ComputeCheck {
  ok: boolean
  findings: ComputeFinding[]
  /** Stays the same while it is the same cluster; the ledger remembers it. Absent when it could not be read. */
  clusterId?: string
}

export interface WatchHandlers {
  onEnd(leaseId: LeaseId, reason: EndReason): void
  onGap(): void
  onReadiness?(leaseId: LeaseId, readiness: Readiness): void
}

/**
 * Where machines run. Every method is idempotent by lease id and may be repeated after a crash.
 * Failures are `PaygressError`s: `machine_failed` (this machine, with the reason for the buyer), `busy` (nothing free), `timeout`/`failed` (the
 * place itself did not answer: says nothing about the machine).
 */
export interface Compute {
  check(): Promise<ComputeCheck>

  /** What only a machine can tell, tried with one of the provider's own; takes up to a minute and leaves nothing. Absent where there is no such thing. */
  trial?(): Promise<ComputeFinding[]>

  /** How many more machines of each spec fit now; a missing spec is unlimited. */
  capacity(
    specs: readonly { id: SpecId; cpuMillicores: number; memoryMb: number }[],
  ): Promise<Map<SpecId, number>>

  /** Takes a port and writes down the machine without starting it; the same lease gets the same address again. */
  reserve(request: MachineRequest): Promise<MachineAddress>

  /** Starts a reserved machine with a deadline `allowanceSec` from now; a started one is left as it is. */
  start(leaseId: LeaseId, allowanceSec: number): Promise<void>

  /** Resolves when SSH answers with its banner; rejects with `machine_failed` as soon as it is known that it never will. */
  waitReady(leaseId: LeaseId, signal: AbortSignal): Promise<RunningMachine>

  /**
   * Moves the end, once per operation name: repeating an operation that was done changes nothing and returns the end in force.
   * The first payment, a top-up, and taking a bridge back. Throws `pod_ended` where the machine has ended or is ending.
   */
  setEnd(leaseId: LeaseId, operation: string, expiresAt: Date): Promise<{ expiresAt: Date }>

  /** Ends a machine and frees what it held; returns what it knows of its times, undefined where it never ran or is unknown. */
  end(leaseId: LeaseId): Promise<{ startedAt: Date; endedAt: Date } | undefined>

  /** What is known of one machine; undefined only where the place itself answered that there is none. */
  describe(leaseId: LeaseId): Promise<Machine | undefined>

  /** All machines of this provider, in one call to the place. */
  list(): Promise<Machine[]>

  /**
   * Tells of every machine that ended, once `onEnd` was given, until the signal fires; an end that happened while nobody watched
   * is told from `list`, never from silence. `onGap` says that ends may have been missed: read `list`. `onReadiness` tells how every
   * machine that once answered is, at the beginning and after each change; a place whose machines are never down without an end tells nothing.
   */
  watch(handlers: WatchHandlers, signal: AbortSignal): Promise<void>

  /** Lets go of sockets, timers and watches; machines go on. */
  close(): Promise<void>
}
