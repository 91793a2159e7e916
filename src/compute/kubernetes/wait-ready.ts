// When does a machine answer, or is it known that it never will?
import { PaygressError } from '../../core/errors.ts'
import type { LeaseId } from '../../core/ids.ts'
import type { RunningMachine } from '../../provider/compute-port.ts'
import { waitForBanner } from '../../ssh/banner-probe.ts'
import { knownJob, readJob } from './kubernetes-place.ts'
import type { KubernetesPlace } from './kubernetes-place.ts'
import { isOver, runningOf } from './machine-of-job.ts'
import { untilPod } from './why-no-pod.ts'

/** A pod without a place may get one: another machine ends, or the cluster grows. */
const PATIENCE_MS = 20_000

/** `waitReady` of the port: the pod is ready and SSH answers at its address, where it has one. */
export async function waitReady(
  place: KubernetesPlace,
  leaseId: LeaseId,
  signal: AbortSignal,
): Promise<RunningMachine> {
  place.feed.start()
  const job = await knownJob(place, leaseId)
  if (job === undefined) throw neverError('there is no machine for this lease')
  if (isOver(job)) throw neverError('the machine has ended')
  if (job.suspended) throw neverError('the machine was not started')
  const never = new AbortController()
  const follow = followPod(place, leaseId, never)
  try {
    const stop = AbortSignal.any([signal, never.signal, place.signal])
    await untilAborted(follow.ready, stop)
    // Without a port nothing but the pod itself can tell: ready is it when its node has connected to SSH, and Tor to its network.
    if (place.settings.exposure !== 'none') await waitForBanner(place.settings.sshHost, job.port, stop)
  } catch (error) {
    if (never.signal.reason instanceof PaygressError) throw never.signal.reason
    if (!signal.aborted && !place.signal.aborted) throw error
    throw new PaygressError('timeout', `the machine is not ready: ${follow.lastSeen()}`, { cause: error })
  } finally {
    follow.end()
  }
  place.answered.add(leaseId)
  const running = runningOf(place.feed.job(leaseId) ?? job, place.settings.sshHost)
  const current = running ?? runningOf((await readJob(place, leaseId)) ?? job, place.settings.sshHost)
  if (current === undefined) throw neverError('the machine has ended')
  return current
}

interface PodFollowing {
  /** Resolves when a pod of the lease is ready. */
  ready: Promise<void>
  lastSeen(): string
  end(): void
}

/** Looks at what is heard of the lease; `never` is fired with the reason as soon as there is one. */
function followPod(place: KubernetesPlace, leaseId: LeaseId, never: AbortController): PodFollowing {
  const { feed } = place
  let lastSeen = 'it has no pod yet'
  let patience: NodeJS.Timeout | undefined
  const { promise: ready, resolve } = Promise.withResolvers<void>()
  const fail = (reason: string): void => never.abort(neverError(reason))

  function look(): void {
    const pods = feed.pods(leaseId).filter(({ leaving }) => !leaving)
    if (pods.some((pod) => pod.ready)) return resolve()
    const trouble = pods.find((pod) => pod.trouble !== undefined)?.trouble
    if (pods.length > 0) lastSeen = trouble?.reason ?? 'its pod is starting'
    if (trouble === undefined || !trouble.patient) {
      clearTimeout(patience)
      patience = undefined
    }
    if (trouble === undefined) return undefined
    if (!trouble.patient) return fail(trouble.reason)
    patience ??= setTimeout(() => fail(lastSeen), PATIENCE_MS)
    return undefined
  }

  const endLook = untilPod(place, leaseId, fail)
  const unlisten = feed.listen({
    onPod: (changed) => {
      if (changed === leaseId) look()
    },
    onJob: (before, after) => {
      if ((after ?? before)?.leaseId !== leaseId) return
      if (after === undefined || isOver(after)) fail('the machine ended before SSH answered')
    },
  })
  look()
  return {
    ready,
    lastSeen: () => lastSeen,
    end: () => {
      unlisten()
      clearTimeout(patience)
      endLook()
    },
  }
}

async function untilAborted(ready: Promise<void>, stop: AbortSignal): Promise<void> {
  stop.throwIfAborted()
  const { promise: stopped, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(new PaygressError('timeout', 'the wait was given up'))
  stop.addEventListener('abort', onAbort, { once: true })
  try {
    await Promise.race([ready, stopped])
  } finally {
    stop.removeEventListener('abort', onAbort)
  }
}

function neverError(reason: string): PaygressError {
  return new PaygressError('machine_failed', reason)
}
