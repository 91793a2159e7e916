// How does a spawn go from an authorised payment to a machine that answers, one step at a time?
import { costMsat, remainderMsat, secondsFor } from '../core/pricing.ts'
import { accessReply } from './access-reply.ts'
import type { RunningMachine } from './compute-port.ts'
import { leaseRow, type Lease } from './lease.ts'
import {
  awaitCapture,
  capture,
  giveBackUncaptured,
  giveUp,
  refundNext,
  wholeCredit,
  type Step,
} from './order-steps.ts'
import { writeOrder, writeReply, type SpawnOrder } from './orders.ts'
import type { ProviderContext } from './provider-context.ts'
import { refusal } from './refusal-reply.ts'
import { endMachine, notCreated, reserveMachine, runningMachine, startMachine } from './start-machine.ts'
import { isPaygressCode, tooLate } from './take-payment.ts'
import { leavePlace, takePlace } from './unpaid-place.ts'

/** Before `respond_before` the machine must answer at least this long, in seconds. */
export const SPAWN_RESERVE_SEC = 60

/** One step of a spawn. */
export async function stepSpawn(context: ProviderContext, order: SpawnOrder): Promise<Step> {
  const { stage } = order
  switch (stage.state) {
    case 'accepted':
      return reserve(context, order)
    case 'starting':
      return start(context, order)
    case 'capturing':
      return awaitCapture(context, order, stage.operationId)
    case 'paid':
      leavePlace(context, order)
      return deliver(context, order, stage.creditMsat)
    case 'giving-up':
      return giveBack(context, order)
    case 'refunding':
      return refundNext(context, order)
    case 'delivered':
    case 'refused':
      return 'again'
  }
}

async function reserve(context: ProviderContext, order: SpawnOrder): Promise<Step> {
  const lastStart =
    (order.payment.captureBefore - context.config.startupAllowanceSec - SPAWN_RESERVE_SEC) * 1000
  if (context.clock.now() >= order.payment.captureBefore * 1000) return giveUp(context, order, tooLate())
  if (!(await takePlace(context, order, lastStart))) {
    if (context.signal.aborted) return 'again'
    return giveUp(context, order, refusal('resource_unavailable', 'No machine became free in time'))
  }
  const reserved = await reserveMachine(context, order, lastStart)
  if ('step' in reserved) return reserved.step
  // From here on the payment may be taken, and only what stands in the ledger says whether it was.
  if (order.payment.way === 'capture-first') return capture(context, order)
  const { host, port } = reserved.address
  const stage = { state: 'starting', host, port } as const
  context.wallet.transaction((tx) => writeOrder(context.ledger, tx, { ...order, stage }))
  return 'moved'
}

async function start(context: ProviderContext, order: SpawnOrder): Promise<Step> {
  // A machine that ran before a restart keeps its place, whatever the limits say.
  if (!context.places.has(order.key)) context.places.set(order.key, context.unpaid.enterNow(order.sender))
  const began = await startMachine(context, order)
  if ('step' in began) return began.step
  return capture(context, order)
}

async function deliver(context: ProviderContext, order: SpawnOrder, creditMsat: bigint): Promise<Step> {
  const { compute, clock } = context
  const owed = wholeCredit(order, creditMsat)
  const began =
    order.payment.way === 'capture-first'
      ? await startMachine(context, order, owed)
      : await runningMachine(context, order)
  if ('step' in began) return began.step
  const seconds = secondsFor(creditMsat, order.spec.rateMsatPerSec)
  const asked = new Date(clock.now() + seconds * 1000)
  try {
    const { expiresAt } = await compute.setEnd(order.leaseId, `${order.orderId}/paid`, asked)
    return recordLease(context, order, creditMsat, began.machine, expiresAt.getTime())
  } catch (error) {
    if (!isPaygressCode(error, 'pod_ended', 'machine_failed')) throw error
    return giveUp(context, order, notCreated(error), owed)
  }
}

function recordLease(
  context: ProviderContext,
  order: SpawnOrder,
  creditMsat: bigint,
  machine: RunningMachine,
  paidUntil: number,
): Step {
  const { spec } = order
  const lease: Lease = {
    leaseId: order.leaseId,
    orderKey: order.key,
    owner: order.sender,
    podNpub: order.machine.podNpub,
    podName: order.machine.podName,
    specId: spec.id,
    state: 'running',
    paidFrom: paidUntil - secondsFor(creditMsat, spec.rateMsatPerSec) * 1000,
    paidUntil,
    restMsat: remainderMsat(creditMsat, spec.rateMsatPerSec),
    spec,
    // Without a port of its own a machine is reached over Tor alone.
    host: hasPorts(context) ? machine.host : (order.machine.onion?.address ?? machine.host),
    port: machine.port,
    reported: false,
    owedMs: 0,
  }
  const at = context.clock.now()
  const { mint } = order.payment.token
  context.wallet.transaction((tx) => {
    context.ledger.putLease(tx, leaseRow(lease))
    context.ledger.addCredit(tx, {
      leaseId: lease.leaseId,
      orderKey: order.key,
      mint,
      amountMsat: creditMsat,
      at,
    })
    const done: SpawnOrder = { ...order, stage: { state: 'delivered' } }
    writeReply(context.ledger, tx, done, accessReply(order, lease, creditMsat), paidUntil)
  })
  context.log.info(
    { order: order.orderId, lease: lease.leaseId, spec: spec.id },
    'a machine is ready and paid',
  )
  context.offerChanged()
  return 'moved'
}

const hasPorts = ({ config }: ProviderContext): boolean => config.kubernetes?.exposure !== 'none'

async function giveBack(context: ProviderContext, order: SpawnOrder): Promise<Step> {
  if (order.stage.state !== 'giving-up') return 'again'
  const { parts, refusal: why } = order.stage
  const times = await endMachine(context, order)
  leavePlace(context, order)
  context.offerChanged()
  if (parts.length === 0) return giveBackUncaptured(context, order, why)
  const ranSec =
    times === undefined ? 0 : Math.ceil((times.endedAt.getTime() - times.startedAt.getTime()) / 1000)
  const charged =
    order.chargeRun && why.type === 'pod_creation_failed' ? costMsat(ranSec, order.spec.rateMsatPerSec) : 0n
  const owed = parts.map((part) => ({
    ...part,
    amountMsat: part.amountMsat > charged ? part.amountMsat - charged : 0n,
  }))
  const refunding: SpawnOrder = {
    ...order,
    stage: { state: 'refunding', parts: owed, refunded: [], refusal: why },
  }
  context.wallet.transaction((tx) => writeOrder(context.ledger, tx, refunding))
  return 'moved'
}
