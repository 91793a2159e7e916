// paygress wallet history: what moved, and when?
import { toSafeNumber } from '../../core/money.ts'
import { tableAnswer } from '../../terminal/answer.ts'
import { satText, timeText } from '../../terminal/words.ts'
import type { HistoryEntry } from '../../wallet/operation-options.ts'
import type { Invocation } from '../invocation.ts'
import { withClient } from '../with-client.ts'

const DEFAULT_LIMIT = 50
const MOST = 10_000

const COLUMNS = [
  { key: 'time', title: 'TIME', text: (row: HistoryEntry) => timeText(row.createdAt) },
  { key: 'kind', title: 'KIND', text: (row: HistoryEntry) => row.kind },
  { key: 'amount', title: 'AMOUNT', align: 'right', text: (row: HistoryEntry) => satText(row.amountSat) },
  { key: 'fee', title: 'FEE', align: 'right', text: (row: HistoryEntry) => satText(row.feeSat) },
  { key: 'state', title: 'STATE', text: (row: HistoryEntry) => row.state },
  { key: 'mint', title: 'MINT', text: (row: HistoryEntry) => row.mint },
  { key: 'order', title: 'ORDER', text: (row: HistoryEntry) => row.orderId ?? '' },
  { key: 'id', title: 'OPERATION', onlyOnRequest: true, text: (row: HistoryEntry) => row.operationId },
] as const

export async function run(invocation: Invocation): Promise<undefined> {
  const limit = invocation.options.count('limit', 1, MOST) ?? DEFAULT_LIMIT
  await withClient(invocation, async ({ wallet }) => {
    const rows = wallet.history(limit)
    await invocation.terminal.answer({
      document: {
        history: rows.map((row) => ({
          operation_id: row.operationId,
          kind: row.kind,
          state: row.state,
          mint: row.mint,
          amount_sat: toSafeNumber(row.amountSat),
          fee_sat: toSafeNumber(row.feeSat),
          order_id: row.orderId ?? null,
          created_at: row.createdAt.toISOString(),
          updated_at: row.updatedAt.toISOString(),
        })),
      },
      names: rows.map((row) => row.operationId),
      human: tableAnswer(COLUMNS, rows, 'nothing has moved yet'),
    })
  })
}
