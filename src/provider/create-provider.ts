// How does a provider start, serve and stop?
import { PaygressError, toPaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import { encodeProviderNpub, type ProviderNpub, type PublicKeyHex } from '../core/npub.ts'
import { assembleProvider, type ProviderDeps } from './assemble-provider.ts'
import { handleRequest } from './handle-request.ts'
import { reconcileLeases, watchLeases } from './lease-watch.ts'
import type { OrderDriver } from './order-driver.ts'
import { tryOrder, type Order } from './orders.ts'
import type { Outbox } from './outbox.ts'
import { pause } from '../core/pause.ts'
import type { DaemonLock, Incoming } from './ports.ts'
import type { ProviderContext } from './provider-context.ts'
import { waitUntilAllAnswer } from './start-checks.ts'

export interface Provider {
  readonly publicKey: PublicKeyHex
  readonly npub: ProviderNpub
  /** Resolves when requests are served; rejects for what only its operator can change. */
  start(): Promise<void>
  /** Takes nothing new, finishes or parks what is open, withdraws the offer; within 20 seconds. */
  stop(): Promise<void>
  /** Resolves when another daemon may have taken over: this one has stopped writing and must end. */
  readonly lost: Promise<void>
  /** True from the end of `start` to the beginning of `stop`. */
  isServing(): boolean
  /** Serves one request of any door; see handle-request.ts. */
  handleRequest(incoming: Incoming): Promise<string | undefined>
}

const FINISH_MS = 9_000
const CLOSING_OFFER_MS = 4_000

/** A provider that does nothing before `start`. */
export function createProvider(deps: ProviderDeps): Provider {
  const stopping = new AbortController()
  const { context, desk, outbox, driver, announcer } = assembleProvider(deps, stopping.signal)
  const npub = encodeProviderNpub(deps.publicKey)
  const work: Promise<void>[] = []
  const taking = new Set<Promise<unknown>>()
  let lock: DaemonLock | undefined
  let isOpen = false
  const lost = Promise.withResolvers<void>()

  const take = async (incoming: Incoming): Promise<void> => {
    // What comes too late is found again by the next process.
    if (!isOpen) throw new PaygressError('interrupted', 'the daemon is stopping')
    const done = handleRequest(desk, incoming)
    taking.add(done)
    try {
      await done
    } finally {
      taking.delete(done)
    }
    if (stopping.signal.aborted) throw new PaygressError('interrupted', 'the daemon is stopping')
  }

  return {
    publicKey: deps.publicKey,
    npub,
    lost: lost.promise,
    isServing: () => isOpen,
    handleRequest: (incoming) => handleRequest(desk, incoming),
    start: async () => {
      lock = await deps.takeLock(stopping.signal)
      lock.lost.addEventListener('abort', () => {
        isOpen = false
        stopping.abort(new PaygressError('failed', 'another daemon may have taken over'))
        lost.resolve()
      })
      context.log.info({ npub }, `Service public key: ${npub}`)
      for (const notice of deps.config.notices) context.log.warn({}, notice)
      // Whoever configures a mint has named it: its money may lie there.
      for (const mint of deps.config.mints) if (!deps.wallet.isTrusted(mint)) deps.wallet.trustMint(mint)
      await waitUntilAllAnswer(context, deps.board, deps.acceptNewCluster ?? false)
      const resuming = resume(context, driver)
      // Who stops the daemon meanwhile waits for its end.
      work.push(resuming)
      await resuming
      if (stopping.signal.aborted) return
      const run = (name: string, loop: Promise<void>): void =>
        void work.push(
          loop.catch((error: unknown) =>
            context.log.error({ error: toPaygressError(error).message }, `${name} has stopped`),
          ),
        )
      run('the outbox', outbox.run(stopping.signal))
      run(
        'the watch over machines',
        watchLeases(context, (key) => driver.start(key)),
      )
      run('the offer', announcer.run(stopping.signal))
      isOpen = true
      await Promise.all(deps.doors.map(async (door) => door.open(take)))
      await deps.board.publishInbox()
      context.log.info({ specs: deps.config.specs.map(({ id }) => id) }, 'serving')
    },
    stop: async () => {
      isOpen = false
      context.log.info({}, 'stopping')
      const within = async (ms: number, what: Promise<unknown>): Promise<void> => {
        const rest = new AbortController()
        await Promise.race([what, pause(ms, rest.signal)])
        rest.abort()
      }
      await Promise.allSettled(deps.doors.map(async (door) => door.close()))
      await within(deps.finishMs ?? FINISH_MS, finish(taking, driver, outbox))
      stopping.abort(new PaygressError('interrupted', 'the daemon is stopping'))
      // Who never served, or has lost the right to, must not take down the offer of the one who does.
      if (lock?.lost.aborted === false && lock.isFresh())
        await within(CLOSING_OFFER_MS, Promise.allSettled([announcer.close()]))
      await within(CLOSING_OFFER_MS, Promise.allSettled([...work, driver.idle()]))
      await lock?.release()
      context.log.info({}, 'stopped')
    },
  }
}

async function finish(
  taking: ReadonlySet<Promise<unknown>>,
  driver: OrderDriver,
  outbox: Outbox,
): Promise<void> {
  await Promise.allSettled(taking)
  await driver.idle()
  await outbox.idle()
}

/**
 * After a restart: the wallet ends its operations, every open order goes on, and every machine is looked at once. An order goes on when the
 * operations at its mint were gone through, which may end it otherwise; a mint that does not answer holds up no order of another one.
 */
async function resume(context: ProviderContext, driver: OrderDriver): Promise<void> {
  const { ledger, wallet, signal } = context
  const open = ledger.openOrders().length
  const startThose = (isDue: (mint: MintUrl | undefined) => boolean): void => {
    for (const { key } of ledger.openOrders()) if (isDue(mintOf(tryOrder(ledger, key)))) driver.start(key)
  }
  const waiting = new Set(wallet.mintsToRecover())
  startThose((mint) => mint !== undefined && !waiting.has(mint))
  const report = await wallet.recover({ signal, onMint: (mint) => startThose((one) => one === mint) })
  if (open > 0 || report.ended.length > 0)
    context.log.info({ orders: open, operations: report.ended.length }, 'going on where we stopped')
  if (signal.aborted) return
  startThose(() => true)
  await reconcileLeases(context, (key) => driver.start(key))
}

/** Where an order was paid; a stop may refund from several mints, and of one that cannot be read nothing is known. */
function mintOf(order: Order | PaygressError | undefined): MintUrl | undefined {
  if (order === undefined || order instanceof PaygressError || order.kind === 'stop') return undefined
  return order.kind === 'refusal' ? order.token?.mint : order.payment.token.mint
}
