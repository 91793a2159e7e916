// paygress orders show: everything about one order, and where its money is.
import { showOrder } from '../../client/list-orders.ts'
import { parseOrderId } from '../../core/ids.ts'
import { fieldLines } from '../../terminal/answer.ts'
import { satText, timeText } from '../../terminal/words.ts'
import { wirePods } from '../../wiring/wire-pods.ts'
import { firstArgument, type Invocation } from '../invocation.ts'
import { lockEndOf, orderDocument, outlookFields } from '../order-documents.ts'

export async function run(invocation: Invocation): Promise<undefined> {
  const orderId = parseOrderId(firstArgument(invocation, 'the id of the order'))
  const pods = wirePods(invocation.env, invocation.options.text('profile'))
  try {
    const order = showOrder(pods, orderId)
    await invocation.terminal.answer({
      document: {
        ...orderDocument(order),
        lock_ends_at: lockEndOf(order),
        money: order.money,
        witness: order.witness ?? null,
      },
      names: [order.orderId],
      human: {
        kind: 'lines',
        lines: fieldLines([
          ['order', order.orderId],
          ['kind', order.kind],
          ['state', order.state],
          ['pod', order.podNpub],
          ['provider', order.providerNpub],
          ['amount', satText(order.amountSat)],
          ['mint', order.mint],
          ['created', timeText(order.createdAt)],
          ['updated', timeText(order.updatedAt)],
          ['error', order.error],
          ['money', order.money],
          ...outlookFields(order, pods.clock.now()),
          ['proof', order.witness],
        ]),
      },
    })
  } finally {
    pods.close()
  }
}
