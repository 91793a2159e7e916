// paygress orders recover: finish or refund whatever a crash, a time-out or a silent provider left open.
import { type RecoveredOrder, recoverOrders } from '../../client/recover-orders.ts'
import { fieldLines } from '../../terminal/answer.ts'
import type { Invocation } from '../invocation.ts'
import { lockEndOf, outlookFields } from '../order-documents.ts'
import { withClient } from '../with-client.ts'

export async function run(invocation: Invocation): Promise<undefined> {
  const { terminal, options, signal } = invocation
  await withClient(invocation, async (client) => {
    terminal.progress.step('looking after open orders')
    const { recovered, open, unseenTokens, operations } = await recoverOrders(client, {
      mode: 'full',
      askAgainMs: options.timeoutMs(),
      signal,
    })
    terminal.progress.done()
    const lines = [
      ...[...recovered, ...open].flatMap((order) => orderLines(order, client.clock.now())),
      ...unseenTokens,
    ]
    await terminal.answer({
      document: {
        recovered: recovered.map(document),
        open: open.map(document),
        ended_operations: operations.ended.length,
      },
      names: recovered.map(({ orderId }) => orderId),
      human: { kind: 'lines', lines: lines.length === 0 ? ['nothing is open'] : lines },
    })
  })
}

/** What became of it; where it still has to wait: for how long, and what can be done until then. */
function orderLines(order: RecoveredOrder, nowMs: number): string[] {
  return [order.text, ...fieldLines(outlookFields(order, nowMs)).map((line) => `  ${line}`)]
}

function document(order: RecoveredOrder) {
  const { orderId, from, state, text } = order
  return { order_id: orderId, from, state, text, lock_ends_at: lockEndOf(order) }
}
