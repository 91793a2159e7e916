// Is what a provider calls a refund money to us, and how is it taken in?
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { InspectedToken } from '../wallet/inspected-token.ts'
import type { OperationOptions, Outcome } from '../wallet/operation-options.ts'
import { maySucceedLater } from './may-succeed-later.ts'
import { allOrders } from './order-journal.ts'
import type { Order } from './order.ts'
import type { Client } from './ports.ts'

type Receiver = Pick<Client, 'wallet' | 'orders'>

export interface SortedRefunds {
  /** Money of a mint that the order was paid from. */
  usable: { token: string; inspected: InspectedToken }[]
  /** No money to us, or not now. */
  others: string[]
  /** Set where one of the others may be money later. */
  later: PaygressError | undefined
}

/** The mints an order was paid from, with all top-ups of its pod. */
function mintsOf({ orders }: Receiver, order: Order): MintUrl[] {
  const npub = orders.pods().find(({ orderId }) => orderId === order.orderId)?.npub
  const topups = allOrders(orders).filter(({ terms }) => npub !== undefined && terms.podNpub === npub)
  return [...new Set([order, ...topups].map(({ terms }) => terms.mint))]
}

/** Which of a refund's tokens are money of a mint this order was paid from; no other mint is asked anything. */
export async function sortRefunds(
  client: Receiver,
  order: Order,
  tokens: readonly string[],
): Promise<SortedRefunds> {
  const mints = mintsOf(client, order)
  const sorted: SortedRefunds = { usable: [], others: [], later: undefined }
  for (const token of tokens) {
    try {
      const inspected = await orUnusable(async () => client.wallet.inspect(token, mints, { askAgain: true }))
      if (inspected !== 'unusable' && inspected.netSat > 0n) sorted.usable.push({ token, inspected })
      else sorted.others.push(token)
    } catch (error) {
      if (!maySucceedLater(error)) throw error
      sorted.others.push(token)
      sorted.later = error
    }
  }
  return sorted
}

/**
 * Swaps the first token of a refund that can be received now into the wallet; `unusable` where it is no money to us, and nothing was begun.
 * `optionsFor` gets the tokens with that one in front. Throws what stands in the way where that may pass for all of them.
 */
export async function receiveOneOf(
  client: Receiver,
  order: Order,
  tokens: readonly string[],
  optionsFor: (tokens: string[]) => OperationOptions,
): Promise<{ tokens: string[]; outcome: Outcome | 'unusable' }> {
  let later: PaygressError | undefined
  for (const token of tokens) {
    const inOrder = [token, ...tokens.filter((other) => other !== token)]
    try {
      return { tokens: inOrder, outcome: await receiveToken(client, order, token, optionsFor(inOrder)) }
    } catch (error) {
      if (!maySucceedLater(error)) throw error
      later ??= error
    }
  }
  throw later ?? new PaygressError('internal', `order ${order.orderId} has no refund to receive`)
}

async function receiveToken(
  client: Receiver,
  order: Order,
  token: string,
  options: OperationOptions,
): Promise<Outcome | 'unusable'> {
  const { usable, later } = await sortRefunds(client, order, [token])
  if (later !== undefined) throw later
  if (usable.length === 0) return 'unusable'
  // Its mint was paid with before; whether it still is a trusted one does not matter.
  return orUnusable(async () => client.wallet.receive(token, { ...options, anyMint: true }))
}

/** What the work brings; `unusable` where a token turned out to be no money to us, before anything was begun. */
async function orUnusable<Value>(work: () => Promise<Value>): Promise<Value | 'unusable'> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof PaygressError && ['invalid_token', 'mint_not_accepted'].includes(error.code))
      return 'unusable'
    throw error
  }
}
