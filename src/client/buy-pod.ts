// How is a machine bought? Plan, preview, confirmation, order on disk, payment, request, answer, SSH.
import { newOrderId, type OrderId } from '../core/ids.ts'
import type { ServedOrder } from './advance-order.ts'
import { checkLogin } from './check-login.ts'
import { checkEnd } from './extent.ts'
import { draftOrder } from './draft-order.ts'
import { refuseTakenAlias } from './free-alias.ts'
import { tooLittle } from './fund-gap.ts'
import { interruptible } from './interruptible.ts'
import { knownOrder } from './known-order.ts'
import { interruptedAt } from './order-errors.ts'
import type { Order } from './order.ts'
import { planAccess } from './plan-access.ts'
import { planPurchase, type PurchasePlan } from './plan-purchase.ts'
import type { Client, Pod } from './ports.ts'
import { confirmPreview, type Preview, previewOf } from './preview.ts'
import { resumeOrder } from './resume-order.ts'
import { takeGivenToken, takeTokenAgain } from './take-given-token.ts'
import { waitForSsh } from './wait-for-ssh.ts'
import type { BuyWish, PurchaseView, ResumeWish } from './wish.ts'

export type BuyResult =
  | { outcome: 'planned'; preview: Preview }
  | {
      outcome: 'served'
      order: ServedOrder
      pod: Pod
      /** Undefined where it was not waited for. */
      sshAnswered: boolean | undefined
    }

/**
 * Buys a pod, or goes on with the order of `orderId`: the same id never pays twice. Throws what stands in the way before anything is
 * paid, then `provider_refused`, `outcome_unknown` or `interrupted`; the order on disk can always be gone on with.
 */
export async function buyPod(client: Client, wish: BuyWish, view: PurchaseView): Promise<BuyResult> {
  const orderId = wish.orderId ?? newOrderId(client.random)
  return interruptible(
    view.signal,
    () => buy(client, orderId, wish, view),
    () => interruptedAt(client.orders, orderId),
  )
}

async function buy(client: Client, orderId: OrderId, wish: BuyWish, view: PurchaseView): Promise<BuyResult> {
  const known = knownOrder(client, wish)
  if (known !== undefined) {
    if (wish.token !== undefined)
      await takeTokenAgain(client, known, wish.token, { limits: wish, signal: view.signal })
    return resumeBuy(client, known.orderId, wish, view)
  }
  checkLogin(wish)
  checkEnd(wish.extent, client.clock)
  refuseTakenAlias(client, wish.alias)
  const plan = await planPurchase(client, wish, view.signal)
  const preview = previewOf(plan, { orderId, spec: plan.spec, startsAtMs: client.clock.now() })
  view.showPreview?.(preview)
  if (wish.dryRun) return { outcome: 'planned', preview }
  const canFund = view.showInvoice !== undefined || wish.token !== undefined
  if (plan.spend.missingSat > 0n && !canFund) throw tooLittle(plan.spend)
  await confirmPreview(client, preview, wish.yes)
  await openOrder(client, orderId, plan, wish, view.signal)
  return resumeBuy(client, orderId, wish, view)
}

async function openOrder(
  client: Client,
  orderId: OrderId,
  plan: PurchasePlan,
  wish: BuyWish,
  signal: AbortSignal,
): Promise<Order> {
  signal.throwIfAborted()
  const access = await planAccess(client, wish, { orderId, features: plan.features })
  checkLogin(access)
  const order = draftOrder(client, orderId, { ...plan.terms, ...access })
  return wish.token === undefined ? order : takeGivenToken(client, order, wish.token, signal)
}

/** Goes on with an order that is on disk; of what is wished only what still counts. Throws `unknown_order`, and as `buyPod` does. */
export async function resumeBuy(
  client: Client,
  orderId: OrderId,
  wish: ResumeWish & Pick<BuyWish, 'wait'>,
  view: PurchaseView,
): Promise<BuyResult> {
  const { order, pod } = await resumeOrder(client, orderId, 'buy', { wish, view })
  const sshAnswered =
    wish.wait && order.state === 'ready' ? await waitForSsh(client, pod, view.signal) : undefined
  return { outcome: 'served', order, pod, sshAnswered }
}
