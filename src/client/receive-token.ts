// How is a token that somebody gave us taken in?
import { PaygressError } from '../core/errors.ts'
import type { OrderId } from '../core/ids.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { Outcome } from '../wallet/operation-options.ts'
import { trustNamed } from './choose-mint.ts'
import { findOrder } from './order-journal.ts'
import type { Client } from './ports.ts'

/** What is said of a token that a command brings a second time. */
export const SPENT_BEFORE = 'the token was spent before; paying from the wallet'

export interface ReceivedToken {
  receivedSat: bigint
  feeSat: bigint
  mint: MintUrl | undefined
}

/**
 * Swaps a token into the wallet. Throws `invalid_token`, `token_spent`, `mint_not_trusted`, `mint_unreachable`, and `outcome_unknown` where
 * the mint has not said what became of it: the token is journalled and recovered by the next command.
 */
export async function receiveToken(
  { wallet, progress }: Pick<Client, 'wallet' | 'progress'>,
  token: string,
  { mint, signal }: { mint: MintUrl | undefined; signal: AbortSignal },
): Promise<ReceivedToken> {
  progress.step('taking the token in')
  const outcome = await receiveFrom(wallet, token, { mint, signal })
  if (outcome.status === 'done') {
    progress.done()
    const entry = wallet.history(1_000).find(({ operationId }) => operationId === outcome.operationId)
    return { receivedSat: outcome.amountSat, feeSat: outcome.feeSat, mint: entry?.mint }
  }
  if (outcome.status === 'failed') {
    const code = outcome.reason === 'spent' ? 'token_spent' : 'invalid_token'
    throw new PaygressError(code, `the token cannot be taken in: ${outcome.detail}`, {
      hint: 'paygress wallet balance',
    })
  }
  throw new PaygressError('outcome_unknown', 'the mint has not answered; the token is kept in the journal', {
    hint: 'paygress orders recover asks the mint again',
  })
}

/** The same for a top-up: where its order is there already, the command that made it has taken the token in. */
export async function receiveTokenFor(
  client: Pick<Client, 'wallet' | 'orders' | 'progress'>,
  orderId: OrderId | undefined,
  token: string,
  options: { mint: MintUrl | undefined; signal: AbortSignal },
): Promise<void> {
  try {
    await receiveToken(client, token, options)
  } catch (error) {
    const isKnown = orderId !== undefined && findOrder(client.orders, orderId) !== undefined
    if (!isKnown || !(error instanceof PaygressError) || error.code !== 'token_spent') throw error
    client.progress.note(SPENT_BEFORE)
  }
}

async function receiveFrom(
  wallet: Client['wallet'],
  token: string,
  { mint, signal }: { mint: MintUrl | undefined; signal: AbortSignal },
): Promise<Outcome> {
  try {
    return await wallet.receive(token, { signal })
  } catch (error) {
    const isNamed = error instanceof PaygressError && error.code === 'mint_not_trusted'
    if (!isNamed || mint === undefined || error.details?.mint !== mint) throw error
    await trustNamed(wallet, mint)
    return await wallet.receive(token, { signal })
  }
}
