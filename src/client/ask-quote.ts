// Would the provider serve this, and at the price of its offer? The free quote before anything is paid.
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { PodNpub, PublicKeyHex } from '../core/npub.ts'
import type { RelayUrl } from '../core/relay-url.ts'
import type { QuoteReply } from '../protocol/quote.ts'
import { askProvider } from './ask-provider.ts'
import { satText } from './money-text.ts'
import type { Client } from './ports.ts'

export interface QuoteWish {
  provider: PublicKeyHex
  providerName: string
  relays: readonly RelayUrl[]
  minPow: number
  specId: string
  durationSec: number
  mint: MintUrl
  /** By the offer: a quote above it is refused. */
  netSat: bigint
  image?: string | undefined
  podNpub?: PodNpub | undefined
  timeoutMs?: number | undefined
  signal: AbortSignal
}

/** The quote; throws `no_offer` where it has no machine now and `price_too_high` where it asks more than its offer said. */
export async function askQuote(
  client: Pick<Client, 'messenger' | 'progress'>,
  wish: QuoteWish,
): Promise<QuoteReply> {
  client.progress.step(`asking ${wish.providerName} for a quote`)
  const quote = await askProvider(client, { ...wish, type: 'quote', content: contentOf(client, wish) })
  if (!quote.available) {
    throw new PaygressError(
      'no_offer',
      `${wish.providerName} has no ${wish.specId} machine free now; nothing was paid`,
      {
        hint: 'paygress offers shows others',
      },
    )
  }
  if (quote.mint !== wish.mint || BigInt(quote.amount_sat) > wish.netSat) {
    throw new PaygressError(
      'price_too_high',
      `${wish.providerName} now asks ${satText(BigInt(quote.amount_sat))} instead of ${satText(wish.netSat)}; nothing was paid`,
      { hint: 'look again: paygress offers' },
    )
  }
  return quote
}

function contentOf({ messenger }: Pick<Client, 'messenger'>, wish: QuoteWish): string {
  return JSON.stringify({
    request: 'quote',
    pod_spec_id: wish.specId,
    duration_seconds: wish.durationSec,
    mint: wish.mint,
    pod_image: wish.image,
    pod_npub: wish.podNpub,
    reply_relays: messenger.replyRelays(),
  })
}
