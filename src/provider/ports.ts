// What does the provider need of the world besides a wallet and machines? Its ledger, keys, ways to answer, and a place for its offer.
import type { LeaseState } from '../core/lease.ts'
import type { LeaseId, OrderId, SpecId } from '../core/ids.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { Msat } from '../core/money.ts'
import type { PodNpub, PublicKeyHex } from '../core/npub.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import type { ParsedRequest } from '../protocol/request.ts'
import type { Transaction } from '../wallet/transaction.ts'

export type { Compute } from './compute-port.ts'

export const ORDER_TYPES = ['spawn', 'topup', 'stop'] as const
export type OrderType = (typeof ORDER_TYPES)[number]

/** One order as it is kept; `body` is JSON that only the provider reads (order.ts). Holds secrets: never logged. */
export interface OrderRow {
  /** `sender/type/order id`. */
  key: string
  sender: PublicKeyHex
  type: OrderType
  orderId: OrderId
  /** What the request says, hashed. */
  fingerprint: string
  state: string
  /** True while something is left to do without being asked. */
  open: boolean
  leaseId: LeaseId | undefined
  /** Of a spawn that was accepted: what it will take up. */
  specId: SpecId | undefined
  body: string
  /** The newest reply, byte for byte. */
  reply: string | undefined
  /** Milliseconds. */
  createdAt: number
}

/** One paid machine; `body` is JSON that only the provider reads (lease.ts). */
export interface LeaseRow {
  leaseId: LeaseId
  /** The spawn order it came from. */
  orderKey: string
  owner: PublicKeyHex
  podNpub: PodNpub
  podName: string
  specId: SpecId
  state: LeaseState
  /** Milliseconds: where paid time begins and ends. */
  paidFrom: number
  paidUntil: number
  /** Paid, but less than a second's price: counts at the next top-up. */
  restMsat: Msat
  body: string
}

/** Money that came in for a lease (positive) or went back (negative), and at which mint it lies. */
export interface Credit {
  leaseId: LeaseId
  orderKey: string
  mint: MintUrl
  amountMsat: Msat
  /** Milliseconds. */
  at: number
}

/** A reply on its way: one per order, replaced by news. Times in milliseconds. */
export interface OutboxRow {
  orderKey: string
  door: string
  /** Where the door sends it; only the door reads it. */
  address: string
  content: string
  /** When trying ends. */
  until: number
  attempts: number
  nextAt: number
}

/** `first`: with a machine or money in it, or news of them, and not tried yet. `patient`: refusals, and what a place did not take before. */
export type ReplyKind = 'first' | 'patient'

/** The provider's books. Reads see what the open transaction has written; every write takes the shared transaction. */
export interface Ledger {
  order(key: string): OrderRow | undefined
  /** Orders of all senders and types with this id. */
  ordersById(orderId: OrderId): OrderRow[]
  /** Oldest first. */
  openOrders(): OrderRow[]
  /** The specs of machines that open spawn orders have or will have. */
  openSpawnSpecs(): SpecId[]
  /** The leases that open orders have, or will have. */
  openLeaseIds(): LeaseId[]
  putOrder(tx: Transaction, row: OrderRow): void
  /** Forgets, at most every hour, refusals that held no proof, said all they had to say and are too old to be asked for again. */
  forgetRefusals(tx: Transaction, now: number): void

  lease(leaseId: LeaseId): LeaseRow | undefined
  /** By pod npub or pod name. */
  leaseOfPod(pod: string): LeaseRow | undefined
  leasesIn(state: LeaseState): LeaseRow[]
  /** Where thousands run, only what is asked for is read of them: their ids, oldest first. */
  runningLeases(): LeaseId[]
  /** Those of them whose end in the ledger is not known to be enforced yet. */
  leasesOwedAnEnd(): LeaseId[]
  /** How many of them there are, by spec. */
  runningBySpec(): Map<SpecId, number>
  putLease(tx: Transaction, row: LeaseRow): void

  /** Oldest first. */
  credits(leaseId: LeaseId): Credit[]
  addCredit(tx: Transaction, credit: Credit): void

  /** Due at `now`, oldest first: the replies of one kind. */
  outboxDue(now: number, limit: number, kind: ReplyKind): OutboxRow[]
  /** Milliseconds of the earliest row, undefined where nothing waits. */
  outboxNext(): number | undefined
  outboxRow(orderKey: string): OutboxRow | undefined
  putOutbox(tx: Transaction, row: OutboxRow): void
  dropOutbox(tx: Transaction, orderKey: string): void

  /** Small facts that outlive the process, by name. */
  note(name: string): string | undefined
  setNote(tx: Transaction, name: string, value: string): void
}

/** Keys for a new machine, and the check of the one a buyer brings. */
export interface MachineKeys {
  /** OpenSSH private key format and the one public line. */
  newHostKey(comment: string): { privateKey: string; publicKey: string }
  /** An onion service's address, and its expanded secret key in hex. */
  newOnionKey(): { address: string; secretKey: string }
  newPodKey(): { secretKey: string; publicKey: PublicKeyHex }
  /** The authorized_keys line of a public key; throws `usage` or `secret_exposed` for anything else. */
  readAuthorizedKey(text: string): string
}

/** A request as a door hands it over: who, what, when, and where the answer goes. */
export interface Incoming {
  door: string
  sender: PublicKeyHex
  parsed: ParsedRequest
  /** The sender's own time, Unix seconds. */
  requestedAt: number
  /** What the door needs for the reply; stored, never read by the provider. */
  address: string
}

/** How a request came in and its reply goes out. A door knows no business rule. */
export interface Door {
  readonly name: string
  /** Begins to take requests; resolves when it is open. `take` resolves when a request needs not be handed over again. */
  open(take: (request: Incoming) => Promise<void>): Promise<void>
  /** Takes nothing new; replies may still go out. */
  close(): Promise<void>
  /** Sends a reply; never throws for an unreachable reader. */
  deliver(address: string, content: string): Promise<Delivery>
}

/**
 * `delivered`: the reply is where its reader asked for it. `elsewhere`: that place did not take it, but it lies where the request came
 * from; it should be tried again. `undelivered`: it lies nowhere.
 */
export type Delivery = 'delivered' | 'elsewhere' | 'undelivered'

/** Where the offer stands for everybody to see. */
export interface OfferBoard {
  /** Resolves when one relay answers. */
  ready(signal: AbortSignal): Promise<void>
  /** Publishes an offer (kind 999); its event id where one relay took it, else undefined. */
  publish(offer: { content: string; tags: string[][] }): Promise<string | undefined>
  withdraw(eventId: string): Promise<void>
  /** Says where requests are read (kinds 10050 and 10002). */
  publishInbox(): Promise<void>
}

/** The right to work on a wallet and its machines, which one daemon has at a time. */
export interface DaemonLock {
  /** Fires when another daemon may have it: nothing may be written any more. */
  readonly lost: AbortSignal
  /** Whether writing is still safe. */
  isFresh(): boolean
  release(): Promise<void>
}

/** What is asked of the outside world for the check. */
export interface ProviderProbes {
  /** Numbers of the NUTs a payment needs and this mint lacks. Rejects where it does not answer. */
  missingNuts(mint: MintUrl): Promise<number[]>
  /** What of our traffic this relay serves; `reason` where it does not answer at all. */
  relay(url: RelayUrl): Promise<{ offers: boolean; inbox: boolean; reason?: string }>
}
