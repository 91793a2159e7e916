// paygress topup: buy more time for a pod.
import { resumeTopup, topupPod, type TopupResult } from '../client/topup-pod.ts'
import type { PurchaseView } from '../client/wish.ts'
import { receiveTokenFor } from '../client/receive-token.ts'
import { type OrderId, parseOrderId } from '../core/ids.ts'
import { fieldLines } from '../terminal/answer.ts'
import { roughDuration, timeText } from '../terminal/words.ts'
import type { WiredClient } from '../wiring/wire-client.ts'
import { purchaseView } from './buy.ts'
import { firstArgument, type Invocation, type Options, readToken } from './invocation.ts'
import { namesNoExtent, payWish, resumeWish } from './pay-options.ts'
import { paidDocument } from './pod-documents.ts'
import { previewAnswer } from './show-preview.ts'
import { withClient } from './with-client.ts'

export async function run(invocation: Invocation): Promise<undefined> {
  const { options } = invocation
  const pod = firstArgument(invocation, 'the name of the pod')
  const order = options.text('order')
  const orderId = order === undefined ? undefined : parseOrderId(order)
  const topup = topupOf(options, pod, orderId)
  const token = await readToken(invocation)
  await withClient(invocation, async (client) => {
    // A dry run moves nothing, and what the token brings is not in the wallet then.
    if (token !== undefined && !options.flag('dryRun'))
      await receiveTokenFor(client, orderId, token, { mint: client.settings.mint, signal: invocation.signal })
    await finish(invocation, client, await topup(client, purchaseView(invocation)))
  })
}

/** A new top-up, or the one of an order. */
function topupOf(
  options: Options,
  pod: string,
  orderId: OrderId | undefined,
): (client: WiredClient, view: PurchaseView) => Promise<TopupResult> {
  if (orderId !== undefined && namesNoExtent(options))
    return async (client, view) => resumeTopup(client, orderId, resumeWish(options), view)
  const wish = { ...payWish(options), pod }
  return async (client, view) => topupPod(client, wish, view)
}

async function finish({ terminal }: Invocation, client: WiredClient, result: TopupResult): Promise<void> {
  if (result.outcome === 'planned') return terminal.answer(previewAnswer(result.preview, false))
  const { order, pod, extendedSec } = result
  terminal.progress.done()
  const left = Math.max(0, Math.floor((pod.expiresAt.getTime() - client.clock.now()) / 1000))
  await terminal.answer({
    document: {
      order_id: order.orderId,
      state: order.state,
      pod_npub: pod.npub,
      extended_duration_seconds: extendedSec,
      expires_at: pod.expiresAt.toISOString(),
      paid: paidDocument(order),
    },
    names: [pod.npub],
    human: {
      kind: 'lines',
      lines: fieldLines([
        ['pod', pod.alias ?? pod.name],
        ['added', roughDuration(extendedSec)],
        ['end', `${timeText(pod.expiresAt)} (${roughDuration(left)} left)`],
        ['order', order.orderId],
      ]),
    },
  })
}
