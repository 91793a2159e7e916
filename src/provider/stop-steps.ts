// How does a stop end the machine and return the unused time, one step at a time?
import { refundNext, type Step } from './order-steps.ts'
import { writeOrder, type StopOrder } from './orders.ts'
import type { ProviderContext } from './provider-context.ts'

/** One step of a stop. What is owed was written before the first one. */
export async function stepStop(context: ProviderContext, order: StopOrder): Promise<Step> {
  const { stage } = order
  switch (stage.state) {
    case 'stopping':
      return endMachine(context, order)
    case 'refunding':
      return refundNext(context, order)
    case 'stopped':
      return 'again'
  }
}

async function endMachine(context: ProviderContext, order: StopOrder): Promise<Step> {
  if (order.stage.state !== 'stopping') return 'again'
  const { parts } = order.stage
  await context.leaseTurns.run(order.leaseId, () => context.compute.end(order.leaseId))
  context.offerChanged()
  const refunding: StopOrder = { ...order, stage: { state: 'refunding', parts, refunded: [] } }
  context.wallet.transaction((tx) => writeOrder(context.ledger, tx, refunding))
  return 'moved'
}
