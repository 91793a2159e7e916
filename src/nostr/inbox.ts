// Which private messages are there for us, the ones sent while we were away included?
import { unixSeconds, type Clock } from '../core/clock.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import { BACKDATE_SEC, GIFT_WRAP_KIND } from './gift-wrap.ts'
import type { Filter } from './filter.ts'
import type { RelayHub } from './relay-hub.ts'
import type { Signer } from './signer.ts'
import type { Subscription, SubscriptionState } from './subscribe-events.ts'
import { unwrapGift, type Gift, type GiftFault } from './unwrap-gift.ts'
import type { NostrEvent } from './verify-event.ts'

export interface InboxOptions {
  signer: Signer
  relays: readonly string[]
  clock: Clock
  /** A message that passed every check. The same rumor comes again when its sender wraps it again. */
  onGift(gift: Gift, url: RelayUrl): void
  /** A wrap that is no message to us. */
  onFault?(fault: GiftFault, wrapId: string, url: RelayUrl): void
  /** All that the relay had stored was delivered. */
  onEose?(url: RelayUrl): void
  onState?(url: RelayUrl, state: SubscriptionState, reason?: string): void
  /** Wraps that need no second look, known from earlier runs. */
  isHandled?(wrapId: string): boolean
}

const MARGIN_SEC = 60 * 60

/**
 * Filter for all gift wraps to `receiver` whose message may be as old as `oldestSec` (Unix seconds): wraps are dated back
 * by up to two days, so `since` lies 49 hours before it, whatever was seen since.
 */
export function inboxFilter(receiver: string, oldestSec: number): Filter {
  return { kinds: [GIFT_WRAP_KIND], '#p': [receiver], since: oldestSec - BACKDATE_SEC - MARGIN_SEC }
}

/** Listens for gift wraps on all relays until closed, from 49 hours back. */
export function openInbox(hub: RelayHub, options: InboxOptions): Subscription {
  const { signer, clock } = options
  let closed = false
  const opening = new Set<Promise<void>>()

  const open = async (wrap: NostrEvent, url: RelayUrl): Promise<void> => {
    const unwrapped = await unwrapGift(wrap, signer, { clock })
    if (closed) return
    if (unwrapped.ok) options.onGift(unwrapped.gift, url)
    else options.onFault?.(unwrapped.fault, wrap.id, url)
  }
  const subscription = hub.subscribe(
    options.relays,
    () => [inboxFilter(signer.publicKey, unixSeconds(clock))],
    {
      onEvent: (wrap, url) => {
        const opened = open(wrap, url)
          .catch((error: unknown) => hub.onError(error))
          .finally(() => opening.delete(opened))
        opening.add(opened)
      },
      onEose: (url) => {
        void Promise.allSettled(opening).then(() => {
          if (!closed) options.onEose?.(url)
        })
      },
      onState: (url, state, reason) => options.onState?.(url, state, reason),
      isHandled: (id) => options.isHandled?.(id) ?? false,
    },
  )
  return {
    close: () => {
      closed = true
      subscription.close()
    },
  }
}
