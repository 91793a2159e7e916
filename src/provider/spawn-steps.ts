// How does a spawn go from an authorised payment to a machine that answers, one step at a time?
import { PaygressError, toPaygressError } from '../core/errors.ts'
import { costMsat, remainderMsat, secondsFor } from '../core/pricing.ts'
import { accessReply } from './access-reply.ts'
import type { MachineRequest, RunningMachine } from './compute-port.ts'
import { leaseRow, type Lease } from './lease.ts'
import type { RefundPart } from './order.ts'
import {
  awaitCapture,
  capture,
  giveBackUncaptured,
  giveUp,
  machineReason,
  refundNext,
  wholeCredit,
  type Step,
} from './order-steps.ts'
import { writeOrder, writeReply, type SpawnOrder } from './orders.ts'
import type { ProviderContext } from './provider-context.ts'
import { refusal } from './refusal-reply.ts'
import { isPaygressCode, tooLate } from './take-payment.ts'

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
  if (!(await takePlace(context, order, lastStart))) {
    if (context.signal.aborted) return 'again'
    return giveUp(context, order, refusal('resource_unavailable', 'No machine became free in time'))
  }
  try {
    const { host, port } = await context.compute.reserve(machineRequest(order))
    if (order.payment.way === 'capture-first') return await capture(context, order)
    const stage = { state: 'starting', host, port } as const
    context.wallet.transaction((tx) => writeOrder(context.ledger, tx, { ...order, stage }))
    return 'moved'
  } catch (error) {
    if (isPaygressCode(error, 'busy'))
      return giveUp(context, order, refusal('resource_unavailable', machineReason(error)))
    if (isPaygressCode(error, 'machine_failed')) return giveUp(context, order, notCreated(error))
    if (context.clock.now() > lastStart) return giveUp(context, order, notCreated(error))
    throw error
  }
}

/** False where no place became free before `until` (milliseconds). */
async function takePlace(context: ProviderContext, order: SpawnOrder, until: number): Promise<boolean> {
  if (context.places.has(order.key)) return true
  const waited = AbortSignal.timeout(Math.max(1, Math.min(until - context.clock.now(), 2 ** 31 - 1)))
  try {
    const leave = await context.unpaid.enter(order.sender, AbortSignal.any([waited, context.signal]))
    context.places.set(order.key, leave)
    return true
  } catch (error) {
    if (waited.aborted || context.signal.aborted || isPaygressCode(error, 'busy')) return false
    throw error
  }
}

export function leavePlace(context: ProviderContext, order: { key: string }): void {
  context.places.get(order.key)?.()
  context.places.delete(order.key)
}

function machineRequest(order: SpawnOrder): MachineRequest {
  const { machine, spec } = order
  return {
    leaseId: order.leaseId,
    podNpub: machine.podNpub,
    owner: order.sender,
    specId: spec.id,
    cpuMillicores: spec.cpuMillicores,
    memoryMb: spec.memoryMb,
    image: machine.image,
    username: machine.username,
    ...(machine.password === undefined ? {} : { password: machine.password }),
    ...(machine.authorizedKey === undefined ? {} : { authorizedKey: machine.authorizedKey }),
    hostPrivateKey: machine.hostPrivateKey,
    podSecretKey: machine.podSecretKey,
  }
}

async function start(context: ProviderContext, order: SpawnOrder): Promise<Step> {
  // A machine that ran before a restart keeps its place, whatever the limits say.
  if (!context.places.has(order.key)) context.places.set(order.key, context.unpaid.enterNow(order.sender))
  const began = await startMachine(context, order)
  if ('step' in began) return began.step
  return capture(context, order)
}

type Began = { machine: RunningMachine } | { step: Step }

/** Starts the machine on its allowance and waits until SSH answers; `parts` is owed back if it never does. */
async function startMachine(
  context: ProviderContext,
  order: SpawnOrder,
  parts: RefundPart[] = [],
): Promise<Began> {
  const { compute, config, clock, signal } = context
  // What was paid first waits the whole allowance; what is locked must still be captured in time.
  const patienceMs =
    parts.length > 0
      ? config.startupAllowanceSec * 1000
      : Math.min(config.startupAllowanceSec * 1000, order.payment.captureBefore * 1000 - clock.now())
  if (patienceMs <= 0) return { step: giveUp(context, order, tooLate(), parts) }
  const waited = AbortSignal.timeout(patienceMs)
  try {
    await compute.start(order.leaseId, config.startupAllowanceSec)
    return { machine: await compute.waitReady(order.leaseId, AbortSignal.any([waited, signal])) }
  } catch (error) {
    if (signal.aborted) return { step: 'again' }
    if (waited.aborted || isPaygressCode(error, 'machine_failed', 'pod_ended', 'busy'))
      return { step: giveUp(context, order, notCreated(error), parts) }
    throw error
  }
}

function notCreated(error: unknown): ReturnType<typeof refusal> {
  return refusal('pod_creation_failed', 'Failed to create pod', machineReason(error))
}

async function deliver(context: ProviderContext, order: SpawnOrder, creditMsat: bigint): Promise<Step> {
  const { compute, clock } = context
  const owed = wholeCredit(order, creditMsat)
  const began =
    order.payment.way === 'capture-first'
      ? await startMachine(context, order, owed)
      : await running(context, order)
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

/** The machine of a payment that was captured when it answered; it may have died meanwhile. */
async function running(context: ProviderContext, order: SpawnOrder): Promise<Began> {
  const machine = await context.compute.describe(order.leaseId)
  if (machine?.state === 'running' || machine?.state === 'starting') return { machine: machine.machine }
  const gone = new PaygressError('machine_failed', 'the machine ended before its payment was known')
  const stage = order.stage.state === 'paid' ? order.stage : undefined
  return {
    step: giveUp(
      context,
      order,
      notCreated(gone),
      stage === undefined ? [] : wholeCredit(order, stage.creditMsat),
    ),
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
    host: machine.host,
    port: machine.port,
    reported: false,
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

async function endMachine(
  context: ProviderContext,
  order: SpawnOrder,
): Promise<{ startedAt: Date; endedAt: Date } | undefined> {
  try {
    return await context.compute.end(order.leaseId)
  } catch (error) {
    // Its allowance ends an unpaid machine whatever happens, and the next look over all machines sweeps the rest.
    context.log.warn(
      { lease: order.leaseId, error: toPaygressError(error).message },
      'a machine could not be ended; its deadline will',
    )
    return undefined
  }
}
