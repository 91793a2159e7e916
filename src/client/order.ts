// In which states can an order be, and what does it know in each? Every state has its own type: a wrong one cannot be written down.
//
//   drafted → locked → sent ─┬→ ready ─┬→ stopping → stopped
//      │        │            │         ├→ expired → reclaiming → refunded        (told late that it was lost)
//      │        │            │         └→ reclaiming → refunded                  (lease lost by the provider)
//      │        │            ├→ refused ─┬→ reclaiming → reclaimed | refunded
//      │        │            │           └→ refunded                             (kept: 0 sat)
//      │        │            └→ silent ─┬→ ready | refused                       (the reply came)
//      │        │                       ├→ reclaiming → reclaimed | silent       (unspent after the lock | the provider was faster)
//      │        │                       └→ broken                                (captured and never answered)
//      │        │                            ├→ ready | refused                (the reply came after all)
//      │        │                            └→ reclaiming → refunded           (a refund that was kept came in)
//      │        ├→ reclaiming → reclaimed                                        (orders recover)
//      │        └→ broken                                                       (never sent from here, and long spent by somebody else)
//      └→ reclaimed (0 sat)
//
// Settled orders stay as they are; added are only the mint's word that nothing of their payment was left unspent (`lockSettled`), and what
// comes in of refunds that could not be received before (`unreceived`).
// `stopping → ready` when the provider refuses to stop; `reclaiming` goes back where it came from when the mint refuses.
import * as z from 'zod'
import type { OrderId } from '../core/ids.ts'
import { ERROR_TYPES } from '../protocol/error-reply.ts'
import { orderIdField, podNpubField } from '../protocol/fields.ts'
import { paymentStateSchema } from '../protocol/payment-state.ts'
import { deadlinesSchema, key, paymentSchema, sat, termsSchema } from './order-terms.ts'

const ownKey = z.object({ index: z.int(), pubkey: z.string() })
const message = z.object({ id: z.string(), to: key, text: z.string() })

const refusalSchema = z.object({
  errorType: z.enum(ERROR_TYPES),
  message: z.string(),
  /** What the provider says of the money; `untouched` where it says nothing. */
  payment: paymentStateSchema,
  /** Set where that proved untrue: what the provider did instead. */
  untrue: z.string().optional(),
})

const base = {
  kind: z.enum(['buy', 'topup']),
  terms: termsSchema,
  refundKey: ownKey,
  note: z.string().optional(),
}
/** Tokens that the provider gave back and that could not be received yet; every `orders recover` tries them again. */
const unreceived = z.array(z.string()).optional()
const paid = {
  ...base,
  payment: paymentSchema,
  unreceived,
  /** Hashes of the refusals that were acted on: one that proved untrue is no news the second time. */
  heard: z.array(z.string()).optional(),
  /** The mint was asked after the lock: nothing of the payment is unspent any more. */
  lockSettled: z.literal(true).optional(),
}
const sent = { ...paid, message }
const running = {
  ...sent,
  podNpub: podNpubField,
  expiresAt: z.string(),
  /** What the payment brought, by the provider's word; coins and fees can make it more than was asked for. */
  grantedSec: z.int().optional(),
  /** Asked to stop it, the provider said long before its end that there is no such pod. */
  denied: z.literal(true).optional(),
}
/** Tokens that are still to be received, and what the ones before brought. */
const partly = { tokens: z.array(z.string()), returnedSat: sat, feeSat: sat }
const back = { returnedSat: sat, feeSat: sat }

export const orderSchema = z.discriminatedUnion('state', [
  z.object({
    ...base,
    state: z.literal('drafted'),
    /** The wallet operation that makes the payment, while it runs. */
    payOperation: z.string().optional(),
    deadlines: deadlinesSchema.optional(),
  }),
  z.object({
    ...paid,
    state: z.literal('locked'),
    /** The mint said after the lock that somebody else has spent it; where this home is an older copy, another one may have sent it. */
    spentElsewhere: z.literal(true).optional(),
  }),
  z.object({ ...sent, state: z.literal('sent') }),
  z.object({
    ...sent,
    state: z.literal('silent'),
    /** The mint's proof of who spent the payment (NUT-07). */
    witness: z.string().optional(),
  }),
  z.object({ ...sent, state: z.literal('refused'), refusal: refusalSchema }),
  z.object({
    ...paid,
    state: z.literal('reclaiming'),
    message: message.optional(),
    refusal: refusalSchema.optional(),
    way: z.enum(['reclaim', 'swap-back', 'respend', 'receive']),
    /** The wallet operation that runs now. */
    operation: z.string().optional(),
    /** A refund from several mints comes in several tokens. */
    refund: z.object(partly).optional(),
    /** Set where a machine that ran was lost and its payment is refunded. */
    lostLease: z.literal(true).optional(),
  }),
  z.object({
    ...base,
    state: z.literal('reclaimed'),
    payment: paymentSchema.optional(),
    unreceived,
    refusal: refusalSchema.optional(),
    ...back,
  }),
  z.object({ ...paid, state: z.literal('refunded'), refusal: refusalSchema.optional(), ...back }),
  z.object({ ...running, state: z.literal('ready') }),
  z.object({
    ...running,
    state: z.literal('stopping'),
    stop: z.object({
      orderId: orderIdField,
      refundKey: ownKey,
      message,
      /** The provider's answer, once it came. */
      answer: z.object({ usedSec: z.int(), ...partly }).optional(),
      operation: z.string().optional(),
    }),
  }),
  z.object({ ...running, state: z.literal('stopped'), usedSec: z.int(), ...back }),
  z.object({ ...running, state: z.literal('expired') }),
  z.object({
    ...paid,
    state: z.literal('broken'),
    /** Absent: it was never sent from here, and nothing is proved of its provider. */
    message: message.optional(),
    witness: z.string().optional(),
  }),
])

export type OrderData = z.output<typeof orderSchema>
export type OrderState = OrderData['state']
export type OrderKind = OrderData['kind']

/** What the store adds to an order. */
export interface OrderStamp {
  orderId: OrderId
  revision: number
  createdAt: Date
  updatedAt: Date
}

export type Order = OrderStamp & OrderData
/** An order in one of some states. */
export type OrderIn<State extends OrderState> = Extract<Order, { state: State }>

/** Which states may follow which; everything else is a mistake of the program. */
export const NEXT_STATES: Readonly<Record<OrderState, readonly OrderState[]>> = {
  drafted: ['drafted', 'locked', 'reclaimed'],
  locked: ['locked', 'sent', 'reclaiming', 'broken'],
  // Back to locked only where it is proved that nothing left this process.
  sent: ['ready', 'refused', 'silent', 'locked'],
  silent: ['silent', 'ready', 'refused', 'reclaiming', 'broken'],
  refused: ['refused', 'reclaiming', 'refunded', 'silent'],
  reclaiming: ['reclaiming', 'reclaimed', 'refunded', 'refused', 'silent', 'locked'],
  ready: ['ready', 'stopping', 'expired', 'reclaiming'],
  stopping: ['stopping', 'stopped', 'ready'],
  reclaimed: ['reclaimed'],
  refunded: ['refunded'],
  stopped: ['stopped'],
  expired: ['expired', 'reclaiming'],
  broken: ['broken', 'ready', 'refused', 'reclaiming'],
}

const OPEN: readonly OrderState[] = [
  'drafted',
  'locked',
  'sent',
  'silent',
  'refused',
  'reclaiming',
  'stopping',
]

/** True while something of the order is still to be done. */
export function isOpen(order: { state: OrderState }): boolean {
  return OPEN.includes(order.state)
}

/** How many seconds a payment brought; older providers do not say, so that it is what was asked for. */
export function grantedSec(order: OrderIn<'ready' | 'stopping' | 'stopped' | 'expired'>): number {
  return order.grantedSec ?? order.terms.durationSec
}
