// Is the name that a person wants for a pod still free? Two pods of one name could not be told apart when one is to be ended.
import { secondsLeft } from '../core/lease.ts'
import { PaygressError } from '../core/errors.ts'
import { resumeCommand } from './order-errors.ts'
import { whereTheMoneyIs } from './money-text.ts'
import { allOrders } from './order-journal.ts'
import type { Order } from './order.ts'
import type { Client, Pod } from './ports.ts'

/**
 * Throws `ambiguous_name` where a pod that lives is called like that, or may be: an order that was sent can still bring one.
 * `order` is the one that wants the name, once there is one.
 */
export function refuseTakenAlias(
  { orders, clock }: Pick<Client, 'orders' | 'clock'>,
  alias: string | undefined,
  order?: Order,
): void {
  if (alias === undefined) return
  const wanted = alias.toLowerCase()
  const lives = (pod: Pod) =>
    (pod.state === 'running' || pod.state === 'stopping') &&
    secondsLeft(pod.expiresAt.getTime(), clock.now()) > 0
  const pod = orders
    .pods()
    .find((one) => lives(one) && (one.name === wanted || one.alias?.toLowerCase() === wanted))
  if (pod !== undefined) {
    throw taken(`"${alias}" is the name of a pod that you have: ${pod.name} (${pod.npub})`, {
      free: `end that one (paygress stop ${alias})`,
      order,
    })
  }
  const other = allOrders(orders).find(
    ({ orderId, state, terms }) =>
      (state === 'sent' || state === 'silent') &&
      orderId !== order?.orderId &&
      terms.alias?.toLowerCase() === wanted,
  )
  if (other === undefined) return
  throw taken(`"${alias}" is the name for the pod of order ${other.orderId}, which is not answered yet`, {
    free: 'see what became of that one (paygress orders recover)',
    order,
  })
}

function taken(problem: string, { free, order }: { free: string; order: Order | undefined }): PaygressError {
  const money = order === undefined ? 'nothing was paid' : whereTheMoneyIs(order)
  const hint =
    order === undefined
      ? `choose another --alias, or ${free}`
      : `${free}, then ${resumeCommand(order)} goes on; paygress orders recover takes everything back`
  return new PaygressError('ambiguous_name', `${problem}; ${money}`, {
    hint,
    ...(order === undefined ? {} : { details: { order_id: order.orderId, state: order.state } }),
  })
}
