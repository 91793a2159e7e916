// Is this order known? Then it gets its stored reply; a new one is refused, or written down and driven.
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { PaygressError } from '../core/errors.ts'
import { isOrderId, type OrderId } from '../core/ids.ts'
import { requestFingerprint } from '../protocol/request-identity.ts'
import type { Request } from '../protocol/request.ts'
import type { InspectedToken } from '../wallet/inspected-token.ts'
import { isSoldOut } from './available.ts'
import { noneFree, prepareSpawn, withFreeName } from './handle-spawn.ts'
import { handleStop } from './handle-stop.ts'
import { prepareTopup } from './handle-topup.ts'
import { writeOrder, type SpawnOrder, type TopupOrder } from './orders.ts'
import type { Incoming, OrderRow } from './ports.ts'
import type { ProviderContext } from './provider-context.ts'
import type { RateVerdict } from './rate-limit.ts'
import { refusal, refusalReply, tooMany, type Refusal } from './refusal-reply.ts'
import { refuse, type NewOrder } from './refuse.ts'
import { say, type RequestDesk } from './request-desk.ts'
import { holderOf, inspectToken, isReleasable, tokenTaken } from './take-payment.ts'

/** `kept`: the order's own reply will come. Else what was said at once, if anything. */
type Served = 'kept' | { said: string | undefined }

type Order = Extract<Request, { type: 'spawn' | 'topup' | 'stop' }>
type PaidOrder = Exclude<Order, { type: 'stop' }>

/** Serves a spawn, top-up or stop and resolves with the content of its first reply; undefined where there is none. */
export async function serveOrder(
  desk: RequestDesk,
  incoming: Incoming,
  request: Order,
): Promise<string | undefined> {
  if (isUnnamed(request)) {
    const verdict = desk.unnamed.take(incoming.sender)
    if (verdict === 'far') return undefined
    // Which order it is nobody knows before its token was looked at: nothing is said of its payment.
    if (verdict === 'over') return say(desk, incoming, refusalReply(tooMany(), undefined, undefined))
  }
  const token = await tokenWithoutId(desk, request)
  const orderId = orderIdOf(request, token)
  const key = `${incoming.sender}/${request.type}/${orderId}`
  const head: NewOrder = {
    key,
    sender: incoming.sender,
    type: request.type,
    orderId,
    fingerprint: requestFingerprint(request),
    createdAt: desk.context.clock.now(),
    door: incoming.door,
    address: incoming.address,
  }
  const done = await desk.orderTurns.run(key, async (): Promise<Served> => {
    const known = desk.context.ledger.order(key)
    if (known !== undefined || isOfAStranger(desk, head)) {
      // Nothing new is taken or kept, but each answer is sealed, wrapped and sent again.
      if (desk.questions.take(incoming.sender) !== 'ok') return { said: undefined }
      if (known !== undefined) return repeat(desk, incoming, head, known)
      return { said: say(desk, incoming, untouched(idTaken(), head)) }
    }
    const verdict = desk.newOrders.take(incoming.sender)
    if (verdict === 'far') return { said: undefined }
    await takeNew(desk, head, request, token, incoming.requestedAt, verdict)
    desk.context.wakeOutbox()
    desk.driver.start(key)
    return 'kept'
  })
  return done === 'kept' ? desk.driver.reply(key) : done.said
}

function isUnnamed(request: Order): request is PaidOrder {
  return request.type !== 'stop' && request.message.order_id === undefined
}

/** Without an id an order is known by its proofs, so that they have to be seen first. */
async function tokenWithoutId(
  desk: RequestDesk,
  request: Order,
): Promise<Awaited<ReturnType<typeof inspectToken>> | undefined> {
  if (!isUnnamed(request)) return undefined
  return inspectToken(desk.context, request.message.cashu_token)
}

function orderIdOf(request: Order, token: Awaited<ReturnType<typeof inspectToken>> | undefined): OrderId {
  if (request.message.order_id !== undefined) return request.message.order_id
  if (request.type === 'stop') throw new PaygressError('internal', 'a stop always has an order id')
  const known =
    token !== undefined && 'token' in token ? token.token.ys.toSorted().join() : request.message.cashu_token
  const id = bytesToHex(sha256(utf8ToBytes(known)))
  if (!isOrderId(id)) throw new PaygressError('internal', 'a hash is no order id')
  return id
}

/** The same request again gets its stored reply, sent to where it now asks for it. */
function repeat(desk: RequestDesk, incoming: Incoming, head: NewOrder, known: OrderRow): Served {
  if (known.fingerprint !== head.fingerprint) {
    const why = refusal('invalid_request', 'This order id was already used for another request')
    return { said: say(desk, incoming, untouched(why, head)) }
  }
  if (known.reply !== undefined) return { said: say(desk, incoming, known.reply, head.key) }
  desk.driver.start(head.key)
  return 'kept'
}

function idTaken(): Refusal {
  return refusal('invalid_token', 'This order id was already used by another buyer')
}

function isOfAStranger(desk: RequestDesk, head: NewOrder): boolean {
  return desk.context.ledger.ordersById(head.orderId).some((order) => order.sender !== head.sender)
}

async function takeNew(
  desk: RequestDesk,
  head: NewOrder,
  request: Order,
  seen: Awaited<ReturnType<typeof inspectToken>> | undefined,
  requestedAt: number,
  verdict: RateVerdict,
): Promise<void> {
  const { context } = desk
  if (request.type === 'stop') {
    if (verdict !== 'ok') return refuse(context, head, tooMany())
    return handleStop(context, head, request.message, requestedAt)
  }
  const inspected = seen ?? (await inspectToken(context, request.message.cashu_token))
  if ('refusal' in inspected) return refuse(context, head, inspected.refusal)
  const { token } = inspected
  // One token under many keys and ids: only the first of them is looked at more closely.
  await desk.tokenTurns.run(firstOf(token.ys), async () =>
    takePaid(desk, head, request, token, requestedAt, verdict),
  )
}

async function takePaid(
  { context }: RequestDesk,
  head: NewOrder,
  request: PaidOrder,
  token: InspectedToken,
  requestedAt: number,
  verdict: RateVerdict,
): Promise<void> {
  if (!context.wallet.isFree(token, holderOf(head))) return refuse(context, head, tokenTaken())
  const giveBack = isReleasable(context, head.sender, token, request.message) ? token : undefined
  if (verdict !== 'ok') return refuse(context, head, tooMany(), giveBack)
  const prepared = await prepare(context, head, request, token, requestedAt)
  if ('refusal' in prepared) return refuse(context, head, prepared.refusal, giveBack)
  const bound = bind(context, prepared.order)
  if (bound === 'taken') refuse(context, head, tokenTaken())
  else if (bound !== 'bound') refuse(context, head, bound, giveBack)
}

async function prepare(
  context: ProviderContext,
  head: NewOrder,
  request: PaidOrder,
  token: InspectedToken,
  requestedAt: number,
): Promise<{ order: SpawnOrder | TopupOrder } | { refusal: Refusal }> {
  if (request.type === 'spawn') return prepareSpawn(context, head, request.message, token, requestedAt)
  return prepareTopup(context, head, request.message, token, requestedAt)
}

/**
 * Writes the order together with the claim on its proofs. `taken`: another order holds one of them; a refusal: while the mint was asked, others
 * have bought the last machine.
 */
function bind(context: ProviderContext, order: SpawnOrder | TopupOrder): 'bound' | 'taken' | Refusal {
  const { token, lockEndsAt } = order.payment
  return context.wallet.transaction((tx) => {
    if (order.kind === 'spawn' && isSoldOut(context, order.spec.id)) return noneFree(order.spec)
    if (!context.wallet.claim(tx, token, { ...holderOf(order), until: lockEndsAt })) return 'taken'
    writeOrder(context.ledger, tx, order.kind === 'spawn' ? withFreeName(context, order) : order)
    return 'bound'
  })
}

function firstOf(ys: readonly string[]): string {
  return ys.toSorted()[0] ?? ''
}

function untouched(why: Refusal, head: NewOrder): string {
  return refusalReply(why, head.orderId, { status: 'untouched' })
}
