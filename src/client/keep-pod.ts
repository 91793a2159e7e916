// How is a pod kept running by small payments, so that never much money is out at once?
import { PaygressError } from '../core/errors.ts'
import { secondsLeft } from '../core/lease.ts'
import { costSat } from '../core/pricing.ts'
import { findPod } from './find-pod.ts'
import { satText } from './money-text.ts'
import type { Client, Pod } from './ports.ts'
import { topupPod } from './topup-pod.ts'
import type { PurchaseView } from './wish.ts'
import type { MintUrl } from '../core/mint-url.ts'

export interface KeepWish {
  pod: string
  /** Never more than this is paid, fees included. */
  budgetSat: bigint
  /** The time bought by one payment. */
  everySec: number
  /** Without it until the budget is used. */
  until?: Date | undefined
  mint?: MintUrl | undefined
  lock: boolean
}

export interface Kept {
  pod: Pod
  topups: number
  spentSat: bigint
  ended: 'until' | 'budget'
}

/** A payment is made while this much of a step is left, so that a slow mint or relay costs no running time. */
const EARLY_PART = 0.5
const LEAST_EARLY_SEC = 60
const LONGEST_PAUSE_SEC = 60

/** Tops a pod up step by step. Ends at `until` or with the budget; throws as `topupPod` does, and `interrupted`: the pod runs on until its end. */
export async function keepPod(client: Client, wish: KeepWish, view: PurchaseView): Promise<Kept> {
  const { signal } = view
  const first = findPod(client.orders, wish.pod)
  const early = Math.max(LEAST_EARLY_SEC, Math.floor(wish.everySec * EARLY_PART))
  let spentSat = 0n
  for (let topups = 0; ; topups++) {
    const pod = client.orders.pod(first.npub) ?? first
    if (wish.until !== undefined && pod.expiresAt >= wish.until)
      return { pod, topups, spentSat, ended: 'until' }
    await untilLeft(client, pod, early, signal)
    const step = stepSeconds(pod, wish)
    const restSat = wish.budgetSat - spentSat
    if (restSat < costSat(step, pod.rateMsatPerSec)) return { pod, topups, spentSat, ended: 'budget' }
    const paidSat = await topup(client, pod, { ...wish, step, restSat }, view)
    if (paidSat === undefined) return { pod, topups, spentSat, ended: 'budget' }
    spentSat += paidSat
    client.progress.note(
      `${pod.name}: topped up for ${satText(paidSat)}, ${satText(wish.budgetSat - spentSat)} left to spend`,
    )
  }
}

function stepSeconds(pod: Pod, { everySec, until }: KeepWish): number {
  if (until === undefined) return everySec
  return Math.min(everySec, Math.ceil((until.getTime() - pod.expiresAt.getTime()) / 1000))
}

/** What left the wallet; undefined where the fees do not fit into the budget any more. */
async function topup(
  client: Client,
  pod: Pod,
  { step, restSat, mint, lock }: KeepWish & { step: number; restSat: bigint },
  view: PurchaseView,
): Promise<bigint | undefined> {
  try {
    const result = await topupPod(
      client,
      {
        pod: pod.npub,
        extent: { durationSec: step },
        mint,
        lock,
        maxPriceSat: restSat,
        yes: true,
        dryRun: false,
      },
      view,
    )
    if (result.outcome !== 'served') return undefined
    const { payment } = result.order
    return payment.amountSat + payment.feeSat
  } catch (error) {
    // Only the limit that was handed in: a provider that asks more than its offer is an error.
    const overBudget = error instanceof PaygressError && error.details?.['max_price_sat'] !== undefined
    if (overBudget) return undefined
    throw error
  }
}

/** Waits until so many seconds of the pod's time are left. */
async function untilLeft(
  { clock }: Pick<Client, 'clock'>,
  pod: Pod,
  seconds: number,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    if (signal.aborted) throw interrupted()
    const wait = secondsLeft(pod.expiresAt.getTime(), clock.now()) - seconds
    if (wait <= 0) return
    // In short pieces: a machine that slept, or a timer beyond its range, must not make a payment early or late.
    await pause(Math.min(wait, LONGEST_PAUSE_SEC) * 1000, signal)
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, milliseconds)
  const wake = (): void => resolve()
  signal.addEventListener('abort', wake)
  await promise
  clearTimeout(timer)
  signal.removeEventListener('abort', wake)
}

function interrupted(): PaygressError {
  return new PaygressError('interrupted', 'interrupted; the pod runs on until its paid time is over', {
    hint: 'paygress pods',
  })
}
