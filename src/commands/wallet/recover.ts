// paygress wallet recover: finish every movement of money that a crash or a silent mint left open, and say what became of it.
import { recoverOrders } from '../../client/recover-orders.ts'
import { toSafeNumber } from '../../core/money.ts'
import { satText } from '../../terminal/words.ts'
import type { RecoveryReport } from '../../wallet/recovery-report.ts'
import type { Invocation } from '../invocation.ts'
import { withClient } from '../with-client.ts'

export async function run(invocation: Invocation): Promise<undefined> {
  const { terminal, signal } = invocation
  await withClient(invocation, async (client) => {
    terminal.progress.step('asking the mints about everything that is open')
    // Opening the profile has ended what could be ended at once; the rest is asked for with patience.
    const after = await recoverOrders(client, { mode: 'full', signal })
    terminal.progress.done()
    const ended = [...client.recovered.operations.ended, ...after.operations.ended]
    const { open } = after.operations
    const orders = [...client.recovered.recovered, ...after.recovered, ...after.open]
    const lines = [...ended.map(endedLine), ...open.map(openLine), ...orders.map(({ text }) => text)]
    await terminal.answer({
      document: {
        ended: ended.map(({ operationId, kind, orderId, result }) => ({
          operation_id: operationId,
          kind,
          order_id: orderId ?? null,
          state: result.status,
          amount_sat: result.status === 'done' ? toSafeNumber(result.amountSat) : 0,
          reason: result.status === 'failed' ? result.detail : null,
        })),
        open: open.map(({ operationId, kind, orderId, mint }) => ({
          operation_id: operationId,
          kind,
          order_id: orderId ?? null,
          mint,
        })),
        orders: orders.map(({ orderId, from, state, text }) => ({ order_id: orderId, from, state, text })),
      },
      names: ended.map(({ operationId }) => operationId),
      human: { kind: 'lines', lines: lines.length === 0 ? ['nothing is open'] : lines },
    })
  })
}

function endedLine({ kind, operationId, result }: RecoveryReport['ended'][number]): string {
  return result.status === 'done'
    ? `${kind} of ${satText(result.amountSat)} is done (${operationId})`
    : `${kind} came to nothing: ${result.detail} (${operationId})`
}

function openLine({ kind, operationId, mint }: RecoveryReport['open'][number]): string {
  return `${kind} is still open: ${mint} has not said what became of it (${operationId})`
}
