// What is the mint, apart from its HTTP? Its operations on one memory, and levers that only its owner has.
import type { Clock } from '../../core/clock.ts'
import { PaygressError } from '../../core/errors.ts'
import { fakeLightning } from './fake-lightning.ts'
import type { Delay } from './fake-lightning.ts'
import { activeUnits, rotateKeyset } from './keysets.ts'
import type { UnitOptions } from './keysets.ts'
import { completeMelt, failMelt, followPayment } from './melt.ts'
import { memoryMintStore } from './memory-mint-store.ts'
import type { MintContext, MintLimits } from './mint-context.ts'
import { settleMintQuote } from './mint-quotes.ts'
import type { MintStore, StoredMeltQuote, StoredMintQuote, UnitSums } from './mint-store.ts'

export interface MintOptions {
  /** Units to issue when the store has none yet; sat without a fee when not given. */
  units?: readonly UnitOptions[]
  /** What the mint remembers; memory when not given. */
  store?: MintStore
  clock?: Clock
  /** Until its invoices count as paid: milliseconds (0 when not given: at once) or only by `settle`. */
  settleAfterMs?: Delay
  /** Until payments to other invoices succeed: milliseconds (0 when not given) or only by `settle`. */
  payAfterMs?: Delay
  limits?: Partial<MintLimits>
  /** Told of failures nobody waits for; a process warning when not given. */
  onError?: (error: unknown) => void
}

/** The books of one unit, in that unit. */
export interface MintStats extends UnitSums {
  /** Ecash in the hands of wallets: issued − spent. Pending inputs are part of it. */
  outstanding: bigint
  /** What the mint keeps: minted − melted − outstanding. Never below zero. */
  earned: bigint
}

export interface Mint {
  readonly context: MintContext
  /** A new keyset for a unit (sat when not given); the old one signs no more. Returns the new id. */
  rotate(options?: Partial<UnitOptions>): string
  /** Pays a quote of either kind, by its id or its invoice. Throws `failed` for an unknown one. */
  settle(quoteOrInvoice: string): Promise<void>
  /** Lets a pending payment fail, by the melt quote's id. */
  fail(quote: string): void
  stats(unit?: string): MintStats
  close(): void
}

const LIMITS: MintLimits = { maxInputs: 1000, maxOutputs: 1000, maxAmount: 1_000_000_000n, quoteTtlSec: 3600 }

/** Opens a mint on its store; keysets, quotes and spent proofs of an earlier run are all there. */
export function openMint(options: MintOptions = {}): Mint {
  const clock = options.clock ?? { now: () => Date.now() }
  const store = options.store ?? memoryMintStore()
  const { settleAfterMs = 0, payAfterMs = 0 } = options
  const context: MintContext = {
    store,
    clock,
    keysets: new Map(store.keysets().map((keyset) => [keyset.id, keyset])),
    limits: { ...LIMITS, ...options.limits },
    lightning: fakeLightning({ clock, settleAfter: settleAfterMs, payAfter: payAfterMs }),
    listeners: new Set(),
    onError:
      options.onError ?? ((error) => process.emitWarning(error instanceof Error ? error : String(error))),
  }
  for (const unit of options.units ?? [{ unit: 'sat' }]) {
    if (!activeUnits(context).includes(unit.unit)) rotateKeyset(context, unit)
  }
  for (const quote of store.pendingMelts()) followPayment(context, quote)
  return mintOn(context)
}

function mintOn(context: MintContext): Mint {
  const { store } = context
  return {
    context,
    rotate: (options = {}) => rotateKeyset(context, { unit: 'sat', ...options }).id,
    async settle(name) {
      const found = findQuote(store, name)
      if (found === undefined)
        throw new PaygressError('failed', 'the devnet mint knows no such quote or invoice')
      if ('melt' in found) await completeMelt(context, found.melt.id)
      else settleMintQuote(context, found.mint)
    },
    fail: (quote) => failMelt(context, quote),
    stats(unit = 'sat') {
      const sums = store.sums(unit)
      const outstanding = sums.issued - sums.spent
      return { ...sums, outstanding, earned: sums.minted - sums.melted - outstanding }
    },
    close() {
      context.lightning.close()
      store.close()
    },
  }
}

function findQuote(
  store: MintStore,
  name: string,
): { mint: StoredMintQuote } | { melt: StoredMeltQuote } | undefined {
  const melt = store.meltQuote(name) ?? store.pendingMelts().find((quote) => quote.request === name)
  if (melt !== undefined) return { melt }
  const mint = store.mintQuote(name) ?? store.mintQuoteByRequest(name)
  return mint === undefined ? undefined : { mint }
}
