// How is a payment that was never taken signed back to its sender?
import type { OrderId } from '../core/ids.ts'
import type { InspectedToken } from '../wallet/inspected-token.ts'
import { RELEASED } from './effects.ts'
import type { ProviderContext } from './provider-context.ts'
import { isPaygressCode } from './take-payment.ts'

/** Stores the signatures and, with them, the order's reply; false where a capture was submitted, so that none may leave. */
export async function releaseToken(
  context: ProviderContext,
  order: { key: string; orderId: OrderId; token: InspectedToken },
): Promise<boolean> {
  await readAgain(context, order.token)
  try {
    context.wallet.release(order.token, {
      orderId: order.orderId,
      effect: { name: RELEASED, args: { key: order.key } },
    })
    return true
  } catch (error) {
    if (!isPaygressCode(error, 'failed')) throw error
    context.log.warn({ order: order.orderId }, 'a payment could not be released; its lock ends by itself')
    return false
  }
}

// After a restart the wallet has not loaded what it needs to sign; reading the token does that, whatever its mint answers.
async function readAgain(context: ProviderContext, { token, mint }: InspectedToken): Promise<void> {
  try {
    await context.wallet.inspect(token, [mint])
  } catch (error) {
    if (!isPaygressCode(error, 'mint_unreachable', 'mint_misbehaved', 'keyset_unknown')) throw error
    context.log.debug({ mint }, 'the mint of a payment to be released does not answer')
  }
}
