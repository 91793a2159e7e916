// How does the machine of a spawn come up, and what if it never does?
import { PaygressError, toPaygressError } from '../core/errors.ts'
import type { MachineAddress, MachineRequest, RunningMachine } from './compute-port.ts'
import type { RefundPart } from './order.ts'
import { giveUp, machineReason, wholeCredit, type Step } from './order-steps.ts'
import type { SpawnOrder } from './orders.ts'
import type { ProviderContext } from './provider-context.ts'
import { refusal } from './refusal-reply.ts'
import { isPaygressCode, tooLate } from './take-payment.ts'

/** Takes the machine's port; gives the order up where there is none, or `lastStart` (milliseconds) has passed. */
export async function reserveMachine(
  context: ProviderContext,
  order: SpawnOrder,
  lastStart: number,
): Promise<{ address: MachineAddress } | { step: Step }> {
  try {
    return { address: await context.compute.reserve(machineRequest(order)) }
  } catch (error) {
    if (isPaygressCode(error, 'busy'))
      return { step: giveUp(context, order, refusal('resource_unavailable', machineReason(error))) }
    if (isPaygressCode(error, 'machine_failed') || context.clock.now() > lastStart)
      return { step: giveUp(context, order, notCreated(error)) }
    throw error
  }
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
    ...(machine.onion === undefined ? {} : { onion: machine.onion }),
    podSecretKey: machine.podSecretKey,
  }
}

export type Began = { machine: RunningMachine } | { step: Step }

/** Starts the machine on its allowance and waits until SSH answers; `parts` is owed back if it never does. */
export async function startMachine(
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

/** The refusal of a machine that never answered. */
export function notCreated(error: unknown): ReturnType<typeof refusal> {
  return refusal('pod_creation_failed', 'Failed to create pod', machineReason(error))
}

/** The machine of a payment that was captured when it answered; it may have died meanwhile. */
export async function runningMachine(context: ProviderContext, order: SpawnOrder): Promise<Began> {
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

/** Ends the machine of an order that is given up; its times where it ran. */
export async function endMachine(
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
