// How is more time bought for a pod? The same preview and the same safety as for a purchase, at the lease's own rate.
import { formatDuration } from '../core/duration.ts'
import { PaygressError } from '../core/errors.ts'
import { newOrderId, type OrderId } from '../core/ids.ts'
import { encodeProviderNpub } from '../core/npub.ts'
import { threeWordName } from '../core/three-word-name.ts'
import type { ServedOrder } from './advance-order.ts'
import { checkEnd } from './extent.ts'
import { draftOrder } from './draft-order.ts'
import { findPod } from './find-pod.ts'
import { gatherOffers } from './find-offers.ts'
import { tooLittle } from './fund-gap.ts'
import type { SeenOffer } from './offer-board.ts'
import { providerNameOf } from './offer-rows.ts'
import { interruptible } from './interruptible.ts'
import { knownOrder } from './known-order.ts'
import { podIsOver } from './lease-end.ts'
import { interruptedAt } from './order-errors.ts'
import { grantedSec } from './order.ts'
import type { OrderTerms } from './order-terms.ts'
import { type PaymentPlan, planPayment } from './plan-payment.ts'
import { leastSecondsLeft } from './place-of-end.ts'
import { relaysOf } from './plan-purchase.ts'
import type { Client, Pod } from './ports.ts'
import { confirmPreview, type Preview, previewOf } from './preview.ts'
import { resumeOrder } from './resume-order.ts'
import { fingerprintOf, type PurchaseView, type ResumeWish, type TopupWish } from './wish.ts'

export type TopupResult =
  | { outcome: 'planned'; preview: Preview }
  | { outcome: 'served'; order: ServedOrder; pod: Pod; extendedSec: number }

/** Tops a pod up, or goes on with the order of `orderId`. Throws `unknown_pod`, `pod_ended`, and as `buyPod` does. */
export async function topupPod(client: Client, wish: TopupWish, view: PurchaseView): Promise<TopupResult> {
  const orderId = wish.orderId ?? newOrderId(client.random)
  return interruptible(
    view.signal,
    () => topup(client, orderId, wish, view),
    () => interruptedAt(client.orders, orderId),
  )
}

async function topup(
  client: Client,
  orderId: OrderId,
  wish: TopupWish,
  view: PurchaseView,
): Promise<TopupResult> {
  const known = knownOrder(client, wish)
  if (known !== undefined) return resumeTopup(client, known.orderId, wish, view)
  const pod = findPod(client.orders, wish.pod)
  if (pod.state !== 'running' || (await podIsOver(client, pod))) throw podEnded(pod)
  checkEnd(wish.extent, client.clock)
  const { terms, spend } = await planTopup(client, pod, wish, view.signal)
  const preview = previewOf(
    { terms, spend },
    { orderId, spec: undefined, startsAtMs: pod.expiresAt.getTime() },
  )
  view.showPreview?.(preview)
  if (wish.dryRun) return { outcome: 'planned', preview }
  if (spend.missingSat > 0n && view.showInvoice === undefined) throw tooLittle(spend)
  await confirmPreview(client, preview, wish.yes)
  view.signal.throwIfAborted()
  draftOrder(client, orderId, terms)
  return resumeTopup(client, orderId, wish, view)
}

/** Goes on with a top-up that is on disk. */
export async function resumeTopup(
  client: Client,
  orderId: OrderId,
  wish: ResumeWish,
  view: PurchaseView,
): Promise<TopupResult> {
  const { order, pod } = await resumeOrder(client, orderId, 'topup', { wish, view })
  return { outcome: 'served', order, pod, extendedSec: grantedSec(order) }
}

async function planTopup(
  client: Client,
  pod: Pod,
  wish: TopupWish,
  signal: AbortSignal,
): Promise<{ terms: OrderTerms; spend: PaymentPlan['spend'] }> {
  const seen = await offerOf(client, pod, signal)
  const provider = {
    provider: pod.provider,
    providerName: seen === undefined ? threeWordName(pod.provider) : providerNameOf(seen),
    relays: seen === undefined ? pod.relays : relaysOf(seen),
    minPow: seen?.offer.minPow ?? 0,
  }
  const plan = await planPayment(client, {
    ...provider,
    specId: pod.specId,
    rateMsatPerSec: pod.rateMsatPerSec,
    extent: wish.extent,
    mints: seen?.offer.mints ?? [pod.mint],
    mint: wish.mint,
    payment: seen?.offer.payment,
    lock: wish.lock,
    // Without an offer the quote is the only word on where and how to pay.
    quote: seen === undefined || seen.offer.features.includes('quote'),
    maxPriceSat: wish.maxPriceSat,
    quoteTimeoutMs: wish.timeoutMs,
    podNpub: pod.npub,
    signal,
  })
  checkLength(client, pod, plan.durationSec, seen)
  const terms: OrderTerms = {
    ...provider,
    specId: pod.specId,
    podNpub: pod.npub,
    mint: plan.mint,
    netSat: plan.netSat,
    rateMsatPerSec: pod.rateMsatPerSec,
    durationSec: plan.durationSec,
    lock: plan.lock,
    quoteId: plan.quoteId,
    fingerprint: fingerprintOf(wish),
    passwordGenerated: false,
  }
  return { terms, spend: plan.spend }
}

/** The provider's offer as it is now; undefined where it has none: its pod can be topped up all the same. */
async function offerOf(client: Client, pod: Pod, signal: AbortSignal): Promise<SeenOffer | undefined> {
  try {
    const filter = { provider: encodeProviderNpub(pod.provider), all: true }
    const { offers } = await gatherOffers(client, { filter, signal })
    return offers.find((seen) => seen.provider === pod.provider && seen.state !== 'dead')
  } catch (error) {
    if (error instanceof PaygressError && error.code === 'relays_unreachable') return undefined
    throw error
  }
}

function checkLength(client: Client, pod: Pod, durationSec: number, seen: SeenOffer | undefined): void {
  const longest = seen?.offer.maximumDurationSec
  // The longest that may be allowed: its provider knows better.
  const left = leastSecondsLeft(client, pod)
  if (longest === undefined || left + durationSec <= longest) return
  throw new PaygressError(
    'duration_out_of_range',
    `the provider keeps machines for at most ${formatDuration(longest)} ahead, and ${pod.name} has ${formatDuration(left)} left`,
    {
      hint: `use --for ${formatDuration(Math.max(0, longest - left))} or less`,
      details: { maximum_seconds: longest },
    },
  )
}

function podEnded(pod: Pod): PaygressError {
  return new PaygressError(
    'pod_ended',
    `${pod.name} ${pod.state === 'stopping' ? 'is being stopped' : 'has ended'} and cannot be topped up`,
    {
      hint: `paygress buy --spec ${pod.specId} --for 1h rents a new one`,
      details: { pod_npub: pod.npub, state: pod.state },
    },
  )
}
