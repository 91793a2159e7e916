// What does a person see before they pay?
import { PaygressError } from '../core/errors.ts'
import type { OrderId } from '../core/ids.ts'
import type { MintUrl } from '../core/mint-url.ts'
import { encodeProviderNpub, type PodNpub, type ProviderNpub } from '../core/npub.ts'
import type { Spec } from '../core/spec.ts'
import { satText } from './money-text.ts'
import type { OrderTerms } from './order-terms.ts'
import type { PaymentPlan } from './plan-payment.ts'
import type { Client } from './ports.ts'

export interface Preview {
  kind: 'buy' | 'topup'
  orderId: OrderId
  providerNpub: ProviderNpub
  providerName: string
  /** Absent where the offer is not there any more (a top-up). */
  spec: Spec | undefined
  specId: string
  podNpub: PodNpub | undefined
  rateMsatPerSec: number
  durationSec: number
  /** What is handed to the provider, as `paid` and the order say it afterwards. */
  amountSat: bigint
  /** The part of it that the mint keeps when the provider takes it. */
  providerFeeSat: bigint
  /** What the mint keeps of our own swap. */
  feeSat: bigint
  totalSat: bigint
  mint: MintUrl
  endsAt: Date
  balanceAfterSat: bigint
  /** What has to be funded first. */
  missingSat: bigint
  locked: boolean
}

/** The preview of a plan; `startsAt` is now for a new pod, its end for a top-up. */
export function previewOf(
  { terms, spend }: { terms: OrderTerms; spend: PaymentPlan['spend'] },
  more: { orderId: OrderId; spec: Spec | undefined; startsAtMs: number },
): Preview {
  const after = spend.availableSat - spend.totalSat
  return {
    kind: terms.podNpub === undefined ? 'buy' : 'topup',
    orderId: more.orderId,
    providerNpub: encodeProviderNpub(terms.provider),
    providerName: terms.providerName,
    spec: more.spec,
    specId: terms.specId,
    podNpub: terms.podNpub,
    rateMsatPerSec: terms.rateMsatPerSec,
    durationSec: terms.durationSec,
    amountSat: spend.netSat + spend.receiverFeeSat,
    providerFeeSat: spend.receiverFeeSat,
    feeSat: spend.swapFeeSat,
    totalSat: spend.totalSat,
    mint: terms.mint,
    endsAt: new Date(more.startsAtMs + terms.durationSec * 1000),
    balanceAfterSat: after > 0n ? after : 0n,
    missingSat: spend.missingSat,
    locked: terms.lock !== undefined,
  }
}

/** Asks before money moves; throws `input_needed` naming `--yes` where nobody can answer, `declined` for a no. */
export async function confirmPreview(
  { ask }: Pick<Client, 'ask'>,
  preview: Preview,
  yes: boolean,
): Promise<void> {
  if (yes) return
  if (!ask.canAsk) {
    throw new PaygressError(
      'input_needed',
      `paying ${satText(preview.totalSat)} needs a confirmation; nothing was paid`,
      {
        hint: 'add --yes, or --dry-run to see the price alone',
        details: { flag: '--yes' },
      },
    )
  }
  if (await ask.confirm(`Pay ${satText(preview.totalSat)}?`, '--yes')) return
  throw new PaygressError('declined', 'not confirmed; nothing was paid', {
    hint: 'the same command asks again; with --dry-run it shows the price alone',
  })
}
