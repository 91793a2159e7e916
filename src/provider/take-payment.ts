// Would this token pay? Authorises a payment without touching it.
import { unixSeconds } from '../core/clock.ts'
import type { OrderId } from '../core/ids.ts'
import { PaygressError, toPaygressError } from '../core/errors.ts'
import type { PublicKeyHex } from '../core/npub.ts'
import { refundEvidence } from '../protocol/request-identity.ts'
import type { InspectedToken } from '../wallet/inspected-token.ts'
import type { Payment } from './order.ts'
import type { ProviderContext } from './provider-context.ts'
import { refusal, type Refusal } from './refusal-reply.ts'

/** The fields of a spawn or top-up that speak of money. */
export interface PaymentFields {
  order_id?: OrderId | undefined
  refund_pubkey?: string | undefined
  refund_signature?: string | undefined
  respond_before?: number | undefined
}

/** Before the end of a lock by this much nothing is served any more, in seconds. */
const LOCK_RESERVE_SEC = 300
/** Without `respond_before` a request is served for this long, in seconds. */
const DEFAULT_RESPONSE_SEC = 600
/** A plain token names its own end; this is the furthest, in seconds. */
const LONGEST_RESPONSE_SEC = 3_600
const NUTS_OF_A_LOCK = [10, 11, 12]

/** The token's shape, or why it cannot pay here. */
export async function inspectToken(
  context: ProviderContext,
  token: string,
): Promise<{ token: InspectedToken } | { refusal: Refusal }> {
  try {
    return { token: await context.wallet.inspect(token, context.config.mints) }
  } catch (error) {
    const { code, message } = toPaygressError(error)
    if (code === 'invalid_token' || code === 'keyset_unknown')
      return { refusal: refusal('invalid_token', `Invalid token: ${message}`) }
    if (code === 'mint_not_accepted') {
      return {
        refusal: refusal(
          'invalid_token',
          'Invalid token: its mint is not accepted here',
          `Accepted mints: ${context.config.mints.join(', ')}`,
        ),
      }
    }
    if (code === 'mint_unreachable' || code === 'mint_misbehaved') return { refusal: mintSilent() }
    throw error
  }
}

/** True where the sender proved that the lock's refund key is theirs: signatures may leave to them. */
export function isReleasable(
  context: ProviderContext,
  sender: PublicKeyHex,
  token: InspectedToken,
  fields: PaymentFields,
): boolean {
  if (token.lock.kind !== 'ours') return false
  const { order_id: orderId, refund_signature: signature } = fields
  if (orderId === undefined || signature === undefined) return false
  const evidence = refundEvidence(context.publicKey, sender, orderId)
  return context.wallet.verifySignature(token.lock.refundPubkey, evidence, signature)
}

/** Unix seconds until which a request may be served: at most five minutes before the end of its lock. */
function answerBefore(
  token: Pick<InspectedToken, 'lock'>,
  fields: PaymentFields,
  requestedAt: number,
  allowanceSec: number,
): number {
  // A long start-up allowance would otherwise make every request without `respond_before` late.
  const unsaid = requestedAt + Math.max(DEFAULT_RESPONSE_SEC, allowanceSec + 2 * 60)
  const asked = fields.respond_before ?? unsaid
  if (token.lock.kind === 'ours') return Math.min(asked, token.lock.locktime - LOCK_RESERVE_SEC)
  return Math.min(asked, requestedAt + LONGEST_RESPONSE_SEC)
}

export interface Wish {
  sender: PublicKeyHex
  token: InspectedToken
  fields: PaymentFields
  requestedAt: number
  /** What must still be left until `respond_before`, in seconds. */
  leadSec: number
  allowanceSec: number
  /** False where the machine must be paid before it is started. */
  mayStartFirst: boolean
}

/** The payment, *authorised*: locked to us and unspent, or plain and unspent. Asks the mint for the proofs' state. */
export async function authorise(
  context: ProviderContext,
  wish: Wish,
): Promise<{ payment: Payment } | { refusal: Refusal }> {
  const { token, fields } = wish
  const shape = shapeProblem(token)
  if (shape !== undefined) return { refusal: refusal('invalid_token', `Invalid token: ${shape}`) }
  const captureBefore = answerBefore(token, fields, wish.requestedAt, wish.allowanceSec)
  try {
    if (token.lock.kind === 'ours') {
      const { missingNuts } = await context.wallet.mintFacts(token.mint)
      if (NUTS_OF_A_LOCK.some((nut) => missingNuts.includes(nut)))
        return { refusal: refusal('invalid_token', 'Invalid token: its mint does not enforce locks') }
    }
    // With its answer the mint says what time it is there.
    const { state } = await context.wallet.tokenState(token)
    if (captureBefore < context.wallet.knownMintTime(token.mint) + wish.leadSec) return { refusal: tooLate() }
    if (state !== 'unspent')
      return { refusal: refusal('invalid_token', 'Invalid token: it is already spent', `State: ${state}`) }
    return { payment: await paymentOf(context, wish, captureBefore) }
  } catch (error) {
    const { code } = toPaygressError(error)
    if (code === 'mint_unreachable' || code === 'mint_misbehaved') return { refusal: mintSilent() }
    throw error
  }
}

async function paymentOf(context: ProviderContext, wish: Wish, captureBefore: number): Promise<Payment> {
  const { token, fields } = wish
  const releasable = isReleasable(context, wish.sender, token, fields)
  const shared = { token, releasable, captureBefore }
  if (token.lock.kind !== 'ours')
    return { ...shared, way: 'capture-first', ...maybeRefundTo(fields.refund_pubkey) }
  // The dearest check is the last one: what is known by then as spent, taken or none of ours costs nobody the time.
  const first = releasable && wish.mayStartFirst && (await context.wallet.hasValidDleq(token))
  return {
    ...shared,
    way: first ? 'lock' : 'capture-first',
    lockEndsAt: token.lock.locktime,
    // Whoever copied the token from a clear event must not get its refund: only the proven sender names another key.
    refundTo: releasable ? (fields.refund_pubkey ?? token.lock.refundPubkey) : token.lock.refundPubkey,
  }
}

function maybeRefundTo(refundTo: string | undefined): { refundTo?: string } {
  return refundTo === undefined ? {} : { refundTo }
}

function shapeProblem(token: InspectedToken): string | undefined {
  if (token.unit !== 'sat') return `its unit is ${token.unit}, not sat`
  if (token.lock.kind === 'other') return token.lock.problem
  if (token.lock.kind === 'ours-open-ended') return 'a lock must name its end and one refund key'
  return undefined
}

/** The refusal of a request that came, or would be done, too late. */
export function tooLate(): Refusal {
  return refusal('expired_request', 'The request is too old, or its lock ends too soon, to be served safely')
}

function mintSilent(): Refusal {
  return refusal('resource_unavailable', 'The mint of this token does not answer now')
}

/** True where a request without a token came too late. */
export function isStale(context: ProviderContext, requestedAt: number): boolean {
  return unixSeconds(context.clock) > requestedAt + DEFAULT_RESPONSE_SEC
}

/** The holder a wallet binds proofs to, so that a top-up and a spawn with one id are not the same. */
export function holderOf(order: { sender: PublicKeyHex; type: string; orderId: OrderId }): {
  sender: PublicKeyHex
  orderId: string
} {
  return { sender: order.sender, orderId: `${order.type}/${order.orderId}` }
}

/** For the proofs of a token that another order holds. */
export function tokenTaken(): Refusal {
  return refusal('invalid_token', 'Invalid token: it was already used in another request')
}

export function isPaygressCode(error: unknown, ...codes: PaygressError['code'][]): boolean {
  return error instanceof PaygressError && codes.includes(error.code)
}
