// What do the consumer's use cases need from outside? Their ports, in domain words; wiring plugs the adapters in.
import type { Clock, Random } from '../core/clock.ts'
import type { OrderId, SpecId } from '../core/ids.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { PodNpub, PublicKeyHex } from '../core/npub.ts'
import type { Ask, Progress } from '../core/progress.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import type { OfferEvent } from '../protocol/offer-event.ts'
import type { RunTransaction, Transaction } from '../wallet/transaction.ts'
import type { Wallet } from '../wallet/wallet.ts'

/** What one relay did while offers were looked for. */
export type OfferSighting =
  /** A verified event: an offer (kind 999, 38383) or a deletion (kind 5). */
  | { type: 'event'; event: OfferEvent; relay: RelayUrl }
  /** The relay has sent all it stores. */
  | { type: 'answered'; relay: RelayUrl }
  | { type: 'unreachable'; relay: RelayUrl; reason: string }

export interface OfferSource {
  /**
   * Offers and deletions as relays send them, the fastest first. Ends when every relay has answered or was given up, or when the
   * signal aborts; with `live` only then.
   */
  look(options: { live: boolean; provider?: PublicKeyHex; signal: AbortSignal }): AsyncIterable<OfferSighting>
}

/** A message that is ready to go: plain text that can be journalled and published again as the same message. */
export interface Message {
  /** Known by this: answers name it. */
  id: string
  to: PublicKeyHex
  /** Everything `ask` needs to publish it (again); opaque, and as secret as what it says. */
  text: string
}

export interface AskOptions {
  /** Where the provider listens, by its offer; the messenger adds the relays the provider has published. */
  relays: readonly RelayUrl[]
  /** Leading zero bits that the provider wants (NIP-13). */
  minPow: number
  /** Called with the content of every verified answer; true ends the waiting. */
  onAnswer(content: string): boolean
  /** Called once, before anything of the message can leave this process; where it throws, nothing is sent. */
  beforePublish?(): void
  timeoutMs: number
  signal: AbortSignal
}

/** `silent`: it may have reached somebody, no answer came. `unsent`: no relay could be reached and nothing left this process. */
export type AskOutcome = 'answered' | 'silent' | 'unsent'

/** What the relays keep for us. */
export interface InboxReading {
  answers: { messageId: string; from: PublicKeyHex; content: string }[]
  /** At least one relay of ours was read to its end. */
  complete: boolean
}

export interface Messenger {
  readonly publicKey: PublicKeyHex
  /** Where answers reach us, for `reply_relays`. */
  replyRelays(): readonly RelayUrl[]
  /** Makes a message; nothing is sent. */
  compose(to: PublicKeyHex, content: string): Message
  /** Publishes the message, again in fresh wraps while it waits, and hands over the receiver's answers. Rejects only on abort. */
  ask(message: Message, options: AskOptions): Promise<AskOutcome>
  /** Answers to these messages that are stored on relays now; publishes nothing. */
  readInbox(options: {
    messages: readonly Message[]
    /** Unix seconds. */
    since: number
    timeoutMs: number
    signal: AbortSignal
  }): Promise<InboxReading>
}

/** An order as it lies on disk; `body` is JSON that only `order-record.ts` reads. */
export interface StoredOrder {
  orderId: OrderId
  kind: string
  state: string
  /** Grows by one with every change, so that nobody overwrites what they have not read. */
  revision: number
  body: string
  createdAt: Date
  updatedAt: Date
}

export const POD_STATES = ['running', 'stopping', 'stopped', 'expired', 'lost'] as const
export type PodState = (typeof POD_STATES)[number]

/** A machine we rent, with what is needed to reach it. */
export interface Pod {
  npub: PodNpub
  provider: PublicKeyHex
  orderId: OrderId
  /** Three words, the same for everybody. */
  name: string
  alias: string | undefined
  specId: SpecId
  state: PodState
  host: string
  port: number
  user: string
  password: string | undefined
  /** The private key file that opens it. */
  keyPath: string | undefined
  /** `ssh-ed25519 AAAA…`: the only host key to accept. */
  hostKey: string | undefined
  onion: string | undefined
  rateMsatPerSec: number
  mint: MintUrl
  relays: RelayUrl[]
  expiresAt: Date
  createdAt: Date
}

/** Orders and pods of one profile; many processes may use them at once. */
export interface OrderStore {
  readonly transaction: RunTransaction
  order(orderId: OrderId): StoredOrder | undefined
  /** All orders, the oldest first. */
  orders(): StoredOrder[]
  /** False where the id is taken. */
  insertOrder(tx: Transaction, order: Pick<StoredOrder, 'orderId' | 'kind' | 'state' | 'body'>): boolean
  /** Replaces state and body where the order still has this revision; false where somebody was faster. */
  replaceOrder(tx: Transaction, order: Pick<StoredOrder, 'orderId' | 'state' | 'body' | 'revision'>): boolean
  /** Takes an order for this caller alone, until `unclaim` or the death of the process; false where somebody else works on it. */
  claim(orderId: OrderId): boolean
  unclaim(orderId: OrderId): void
  pod(npub: PodNpub): Pod | undefined
  /** All pods, the oldest first. */
  pods(): Pod[]
  savePod(tx: Transaction, pod: Pod): void
}

export interface SshProbe {
  /** Tries until an SSH server greets with its banner (true), or time is up (false). Rejects on abort. */
  answers(target: { host: string; port: number; timeoutMs: number; signal: AbortSignal }): Promise<boolean>
}

export interface SshKey {
  /** One line of an authorized_keys file. */
  publicKey: string
  privateKeyPath: string | undefined
}

export interface KeyFiles {
  /** The key pair of one order, made once: no two providers see the same key. */
  ofOrder(orderId: OrderId): Promise<SshKey>
  /** The public key in a file a person named (`id_ed25519.pub`), with the private key beside it where there is one. */
  read(path: string): Promise<SshKey>
}

/** Everything the system's `ssh` has to be told about one pod. */
export interface SshTarget {
  podNpub: PodNpub
  name: string
  alias: string | undefined
  host: string
  port: number
  user: string
  onion: string | undefined
  hostKey: string | undefined
  keyPath: string | undefined
  password: string | undefined
}

export interface SshLauncher {
  /** Throws what would keep `run` from starting ssh, whatever the pod: asked before one is paid for. `home_not_writable`, `ssh_missing`. */
  check(): void
  /** Runs the system's `ssh` with everything passed through; resolves to its exit code. */
  run(target: SshTarget, options: SshRunOptions): Promise<number>
  /** The command line as a shell reads it, without any secret. */
  commandLine(target: SshTarget, options: SshRunOptions): string
  /** A `Host` block for ssh_config (scp, rsync, editors). */
  hostBlock(target: SshTarget, options: { tor: boolean }): string
}

export interface SshRunOptions {
  /** Options for `ssh` itself, in order. */
  sshOptions: readonly string[]
  /** The remote command; empty: a shell. */
  command: readonly string[]
  tor: boolean
  /** What the command prints goes to stderr, for stdout belongs to somebody else. */
  stdoutToStderr?: boolean
}

/** Everything a consumer's use case may need; each takes the part it uses. */
export interface Client {
  wallet: Wallet
  orders: OrderStore
  offers: OfferSource
  messenger: Messenger
  ssh: SshProbe
  keys: KeyFiles
  clock: Clock
  random: Random
  progress: Progress
  ask: Ask
}
