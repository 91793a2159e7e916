// Is what a provider calls a refund money to us, and how is it taken in?
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { OperationOptions, Outcome } from '../wallet/wallet.ts'
import { allOrders } from './order-journal.ts'
import type { Order } from './order.ts'
import type { Client } from './ports.ts'

type Receiver = Pick<Client, 'wallet' | 'orders'>

/** The mints an order was paid from, with all top-ups of its pod. */
function mintsOf({ orders }: Receiver, order: Order): MintUrl[] {
  const npub = 'podNpub' in order ? order.podNpub : undefined
  const topups = allOrders(orders).filter(({ terms }) => npub !== undefined && terms.podNpub === npub)
  return [...new Set([order, ...topups].map(({ terms }) => terms.mint))]
}

/** Those of a refund's tokens that are money of a mint this order was paid from; no other mint is asked anything. */
export async function usableRefunds(
  client: Receiver,
  order: Order,
  tokens: readonly string[],
): Promise<string[]> {
  const mints = mintsOf(client, order)
  const usable: string[] = []
  for (const token of tokens) {
    const netSat = await orUnusable(async () => (await client.wallet.inspect(token, mints)).netSat)
    if (netSat !== 'unusable' && netSat > 0n) usable.push(token)
  }
  return usable
}

/** Swaps one token of a refund into the wallet; `unusable` where it is no money to us, and nothing was begun. */
export async function receiveRefundToken(
  client: Receiver,
  order: Order,
  token: string,
  options: OperationOptions,
): Promise<Outcome | 'unusable'> {
  if ((await usableRefunds(client, order, [token])).length === 0) return 'unusable'
  // Its mint was paid with before; whether it still is a trusted one does not matter.
  return orUnusable(async () => client.wallet.receive(token, { ...options, anyMint: true }))
}

/** What the work brings; `unusable` where a token turned out to be no money to us, before anything was begun. */
export async function orUnusable<Value>(work: () => Promise<Value>): Promise<Value | 'unusable'> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof PaygressError && ['invalid_token', 'mint_not_accepted'].includes(error.code))
      return 'unusable'
    throw error
  }
}
