// paygress orders recover: finish or refund whatever a crash, a time-out or a silent provider left open.
import { type RecoveredOrder, recoverOrders } from '../../client/recover-orders.ts'
import type { Invocation } from '../invocation.ts'
import { withClient } from '../with-client.ts'

export async function run(invocation: Invocation): Promise<undefined> {
  const { terminal, options, signal } = invocation
  const timeoutSec = options.seconds('timeout')
  await withClient(invocation, async (client) => {
    terminal.progress.step('looking after open orders')
    const { recovered, open, unseenTokens, operations } = await recoverOrders(client, {
      mode: 'full',
      askAgainMs: timeoutSec === undefined ? undefined : timeoutSec * 1000,
      signal,
    })
    terminal.progress.done()
    const lines = [...[...recovered, ...open].map(({ text }) => text), ...unseenTokens]
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

function document({ orderId, from, state, text }: RecoveredOrder) {
  return { order_id: orderId, from, state, text }
}
