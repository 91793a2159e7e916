// When is the payment of an open order ours again at the latest, and what can be typed until then?
import { lockEndsMs } from './money-text.ts'
import { RECOVER, resumeCommand } from './order-errors.ts'
import { isOpen, type Order, type OrderIn } from './order.ts'
import type { Client } from './ports.ts'
import { mayStillBeSent } from './send-order.ts'

export interface OrderOutlook {
  /** By our own clock; undefined where no locked payment is open. */
  lockEndsAt: Date | undefined
  /** Which commands go on with it, as one sentence; undefined where nothing is open. */
  next: string | undefined
}

/** What an order can still come to; times by the clock of this machine. */
export function outlookOf(order: Order, { clock }: Pick<Client, 'clock'>): OrderOutlook {
  const payment =
    isOpen(order) && order.state !== 'stopping' && 'payment' in order ? order.payment : undefined
  const lockEnds = payment === undefined ? undefined : lockEndsMs(payment)
  return {
    lockEndsAt: lockEnds === undefined ? undefined : new Date(lockEnds),
    next: nextOf(order, lockEnds !== undefined && lockEnds > clock.now(), clock),
  }
}

function nextOf(order: Order, isLocked: boolean, clock: Client['clock']): string | undefined {
  const whenFree = isLocked ? 'takes the money back when the lock has ended' : 'takes the money back'
  switch (order.state) {
    case 'drafted':
      return `${resumeCommand(order)} goes on; ${RECOVER} ends it`
    case 'locked':
      if (order.spentElsewhere === true) return `${RECOVER} ends it, 30 days after its lock at the latest`
      return waysFrom(order, whenFree, clock)
    case 'sent':
    case 'silent':
      return `${RECOVER} asks the provider again, and ${whenFree}`
    case 'refused':
      return `${RECOVER} ${whenFree}`
    case 'reclaiming':
      // Only the own refund key has to wait for the lock.
      return `${RECOVER} ${order.way === 'reclaim' ? whenFree : 'takes the money back'}`
    case 'stopping':
      return `${RECOVER} asks the provider again`
    default:
      return undefined
  }
}

function waysFrom(order: OrderIn<'locked'>, whenFree: string, clock: Client['clock']): string {
  const back = `${RECOVER} ${whenFree}`
  return mayStillBeSent({ clock }, order) ? `${resumeCommand(order)} goes on; ${back}` : back
}
