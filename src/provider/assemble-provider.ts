// What is a provider put together of? Everything that does its work, none of it begun.
import type { Clock, Random } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { PublicKeyHex } from '../core/npub.ts'
import type { Wallet } from '../wallet/wallet.ts'
import { Announcer } from './announce.ts'
import { UnpaidPlaces } from './capacity.ts'
import type { Compute } from './compute-port.ts'
import { noteFirstReport } from './first-report.ts'
import { OneAtATime } from './one-at-a-time.ts'
import { OrderDriver } from './order-driver.ts'
import { Outbox } from './outbox.ts'
import type { DaemonLock, Door, Ledger, MachineKeys, OfferBoard } from './ports.ts'
import type { ProviderConfig } from './provider-config.ts'
import type { ProviderContext } from './provider-context.ts'
import { RateLimit } from './rate-limit.ts'
import type { RequestDesk } from './request-desk.ts'

const MOST_WAITING = 100
const UNPAID_PER_SENDER = 4

export interface ProviderDeps {
  /** The identity that offers and answers are signed with. */
  publicKey: PublicKeyHex
  config: ProviderConfig
  /** Opened with `providerEffects(ledger)` among its effects, on the same database as the ledger. */
  wallet: Wallet
  ledger: Ledger
  compute: Compute
  /** Where requests come in; a reply goes out by the door whose name its request had. */
  doors: readonly Door[]
  board: OfferBoard
  keys: MachineKeys
  clock: Clock
  random: Random
  log: Log
  /** Waits for the right to work; throws `busy` or `config_invalid` where it will not come. */
  takeLock(signal: AbortSignal): Promise<DaemonLock>
  /** How long open orders may go on once the daemon was told to stop, in milliseconds; 9 s without it. */
  finishMs?: number
  /** The machines of another place are gone for good: refund them. */
  acceptNewCluster?: boolean
}

/** The parts of a provider, joined; they work until the signal fires. */
export function assembleProvider(
  deps: ProviderDeps,
  signal: AbortSignal,
): {
  context: ProviderContext
  desk: RequestDesk
  outbox: Outbox
  driver: OrderDriver
  announcer: Announcer
} {
  const { config, clock, wallet, ledger, log } = deps
  const unpaid = new UnpaidPlaces({
    total: config.maxUnpaidLeases,
    perSender: UNPAID_PER_SENDER,
    waiting: MOST_WAITING,
  })
  const context: ProviderContext = {
    publicKey: deps.publicKey,
    config,
    wallet,
    compute: deps.compute,
    ledger,
    keys: deps.keys,
    clock,
    random: deps.random,
    log,
    unpaid,
    places: new Map(),
    leaseTurns: new OneAtATime(),
    signal,
    wakeOutbox: () => outbox.wake(),
    offerChanged: () => announcer.change(),
  }
  const outbox = new Outbox({
    ledger,
    transaction: wallet.transaction,
    clock,
    log,
    doors: new Map(deps.doors.map((door) => [door.name, door])),
    onTaken: (reply) => noteFirstReport(context, reply),
  })
  const announcer = new Announcer(context, deps.board)
  const driver = new OrderDriver(context)
  const desk: RequestDesk = {
    context,
    driver,
    orderTurns: new OneAtATime(),
    tokenTurns: new OneAtATime(),
    unnamed: new RateLimit(config.ratePerSenderPerMin, clock),
    newOrders: new RateLimit(config.ratePerSenderPerMin, clock),
    questions: new RateLimit(config.ratePerSenderPerMin, clock),
    answer: ({ door, address }, content, orderKey) =>
      outbox.answer({ door, address, content, ...(orderKey === undefined ? {} : { orderKey }) }, signal),
  }
  return { context, desk, outbox, driver, announcer }
}
