// paygress orders list: what was bought, and what became of it?
import { listOrders, type OrderSummary } from '../../client/list-orders.ts'
import { tableAnswer } from '../../terminal/answer.ts'
import { satText, timeText } from '../../terminal/words.ts'
import { wirePods } from '../../wiring/wire-pods.ts'
import type { Invocation } from '../invocation.ts'
import { orderDocument } from '../order-documents.ts'

const MOST = 100_000

const COLUMNS = [
  { key: 'order', title: 'ORDER', text: (row: OrderSummary) => row.orderId },
  { key: 'kind', title: 'KIND', text: (row: OrderSummary) => row.kind },
  { key: 'state', title: 'STATE', text: (row: OrderSummary) => row.state },
  { key: 'amount', title: 'AMOUNT', align: 'right', text: (row: OrderSummary) => satText(row.amountSat) },
  { key: 'created', title: 'CREATED', text: (row: OrderSummary) => timeText(row.createdAt) },
  { key: 'error', title: 'ERROR', text: (row: OrderSummary) => row.error ?? '' },
  { key: 'pod', title: 'POD', onlyOnRequest: true, text: (row: OrderSummary) => row.podNpub ?? '' },
  { key: 'provider', title: 'PROVIDER', onlyOnRequest: true, text: (row: OrderSummary) => row.providerNpub },
] as const

export async function run({ options, env, terminal }: Invocation): Promise<undefined> {
  const limit = options.count('limit', 1, MOST) ?? MOST
  const pods = wirePods(env, options.text('profile'))
  try {
    const orders = listOrders(pods).slice(-limit)
    await terminal.answer({
      document: { orders: orders.map(orderDocument) },
      names: orders.map(({ orderId }) => orderId),
      human: tableAnswer(COLUMNS, orders, 'no orders yet; paygress buy --spec <id> --for 1h makes one'),
    })
  } finally {
    pods.close()
  }
}
