// What does the provider offer right now, and who keeps that in sight of everybody?
import { unixSeconds } from '../core/clock.ts'
import { toPaygressError } from '../core/errors.ts'
import { offerTags } from '../protocol/offer-event.ts'
import { serialiseOffer, type Offer } from '../protocol/offer.ts'
import { availableNow } from './available.ts'
import { pause } from '../core/pause.ts'
import { retryDelayMs } from './retry-delay.ts'
import type { OfferBoard } from './ports.ts'
import { hasTor, minimumLockSec } from './provider-config.ts'
import type { ProviderContext } from './provider-context.ts'

const FEATURES = ['quote', 'status', 'stop', 'ssh-public-key', 'refund']
/** The event on the board now, so that the next process can delete it. */
const OFFER_NOTE = 'offer-event'
const JITTER = 0.1
/** Changes within this time are told together, in milliseconds. */
const SETTLE_MS = 2_000

/** The offer as it stands. */
async function currentOffer(
  context: Pick<ProviderContext, 'config' | 'wallet' | 'compute' | 'ledger'>,
): Promise<Offer> {
  const { config } = context
  return {
    minimumDurationSec: config.minimumDurationSec,
    maximumDurationSec: config.maximumDurationSec,
    mints: config.mints,
    specs: config.specs,
    name: config.name,
    location: config.location,
    relays: config.relays,
    refreshSec: config.offerRefreshSec,
    defaultImage: config.defaultImage,
    images: config.allowedImages,
    payment: { pubkey: context.wallet.paymentKey().pubkey, minimumLockSec: minimumLockSec(config) },
    available: await availableNow(context),
    minPow: config.minPow,
    features: hasTor(config) ? [...FEATURES, 'tor'] : FEATURES,
  }
}

/** Keeps one offer on the board: at once, on every change and before it grows old. */
export class Announcer {
  readonly #context: ProviderContext
  readonly #board: OfferBoard
  #changed = Promise.withResolvers<void>()
  #last: string | undefined

  constructor(context: ProviderContext, board: OfferBoard) {
    this.#context = context
    this.#board = board
  }

  /** What can be bought may have changed. */
  change(): void {
    this.#changed.resolve()
  }

  /** Works until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    const { random, config } = this.#context
    for (let failures = 0; !signal.aborted;) {
      const changed = Promise.withResolvers<void>()
      this.#changed = changed
      failures = (await this.#publish()) ? 0 : failures + 1
      const early = 1 - (JITTER * (random.bytes(1)[0] ?? 0)) / 255
      const wait = failures > 0 ? retryDelayMs(failures, 2_000) : config.offerRefreshSec * 1000 * early
      const rest = new AbortController()
      const change = changed.promise.then(async () => pause(SETTLE_MS, signal))
      await Promise.race([
        pause(wait, AbortSignal.any([signal, rest.signal])),
        this.#untilDifferent(change, rest.signal),
      ])
      rest.abort()
    }
  }

  /** Tells everybody that nothing is sold any more. */
  async close(): Promise<void> {
    const offer = await currentOffer(this.#context)
    await this.#replace({ ...offer, specs: [], available: new Map() })
  }

  // A change that leaves the offer as it is, is none.
  async #untilDifferent(change: Promise<void>, signal: AbortSignal): Promise<void> {
    await change
    if (signal.aborted) return
    try {
      if (serialiseOffer(await currentOffer(this.#context)) !== this.#last) return
    } catch (error) {
      this.#context.log.debug({ error: toPaygressError(error).message }, 'the offer could not be compared')
    }
    const again = Promise.withResolvers<void>()
    this.#changed = again
    await this.#untilDifferent(
      again.promise.then(async () => pause(SETTLE_MS, signal)),
      signal,
    )
  }

  async #publish(): Promise<boolean> {
    try {
      return await this.#replace(await currentOffer(this.#context))
    } catch (error) {
      this.#context.log.warn({ error: toPaygressError(error).message }, 'the offer could not be published')
      return false
    }
  }

  async #replace(offer: Offer): Promise<boolean> {
    const { clock, config, ledger, wallet } = this.#context
    const content = serialiseOffer(offer)
    const id = await this.#board.publish({
      content,
      tags: offerTags(unixSeconds(clock), config.offerRefreshSec),
    })
    if (id === undefined) return false
    const before = ledger.note(OFFER_NOTE)
    wallet.transaction((tx) => ledger.setNote(tx, OFFER_NOTE, id))
    this.#last = content
    if (before !== undefined && before !== id) await this.#board.withdraw(before)
    return true
  }
}
