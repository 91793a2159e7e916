// How do the demo and the tests rent out machines without a cluster? As SSH servers of this process, on loopback.
import type { Clock } from '../../core/clock.ts'
import { PaygressError } from '../../core/errors.ts'
import type { SpecId } from '../../core/ids.ts'
import type { Log } from '../../core/log.ts'
import type { Compute } from '../../provider/compute-port.ts'
import { takeDaemonLock } from '../../storage/daemon-lock.ts'
import { ensurePrivateFolder } from '../../storage/private-folder.ts'
import { checkPlace } from './check-place.ts'
import { openMachineRegistry } from './machine-registry.ts'
import type { MachineRegistry, OnEnd } from './machine-registry.ts'
import { machineOf, timesOf } from './machine-view.ts'
import type { PortRange } from './port-listener.ts'
import { freeMachines, reserving } from './reserve-machine.ts'
import { setEnd, startMachine, waitReady } from './run-machine.ts'
import { findScript } from './script-path.ts'

const TICK_MS = 250

export interface ProcessComputeOptions {
  /** Holds records and homes; one process at a time works on it. */
  dir: string
  clock: Clock
  log: Log
  /** A loopback address; 127.0.0.1 when not given. There is no isolation, so no other one is accepted. */
  host?: string
  /** Any free port when not given. */
  portRange?: PortRange
  /** How many machines at once; unlimited when not given. */
  capacity?: number
}

/** Starts process pods and takes up those that an earlier process left. Throws `busy` where another one works on the folder. */
export async function startProcessCompute(options: ProcessComputeOptions): Promise<Compute> {
  const { dir, clock, log, host = '127.0.0.1', portRange, capacity } = options
  if (!/^(?:127(?:\.\d{1,3}){3}|::1)$/.test(host)) {
    throw new PaygressError(
      'config_invalid',
      `process pods have no isolation and only listen on loopback, not ${host}`,
    )
  }
  ensurePrivateFolder(dir)
  const lock = takeDaemonLock(dir, 'machines')
  const scriptPath = await findScript()
  const registry = openMachineRegistry({
    dir,
    host,
    clock,
    log,
    ...(scriptPath === undefined ? {} : { scriptPath }),
  })
  try {
    await registry.restore()
  } catch (error) {
    closePods(registry)
    lock.release()
    throw error
  }
  let ticking: Promise<void> | undefined
  const timer = setInterval(() => {
    ticking ??= registry.tick().finally(() => (ticking = undefined))
  }, TICK_MS)
  timer.unref()

  return {
    check: async () => checkPlace(dir, scriptPath),
    capacity: async (specs) => {
      const free = freeMachines(registry, portRange, capacity)
      return new Map(free === undefined ? [] : specs.map(({ id }): [SpecId, number] => [id, free]))
    },
    reserve: reserving(registry, host, portRange, capacity),
    start: async (lease, allowanceSec) => startMachine(registry, clock, lease, allowanceSec),
    waitReady: async (lease, signal) => waitReady(registry, host, lease, signal),
    setEnd: async (lease, operation, expiresAt) => setEnd(registry, clock, lease, operation, expiresAt),
    end: async (lease) => {
      const entry = registry.entries.get(lease)
      if (entry === undefined) return undefined
      await registry.finish(entry, 'ended')
      return timesOf(entry)
    },
    describe: async (lease) => {
      const entry = registry.entries.get(lease)
      return entry === undefined ? undefined : machineOf(entry, host)
    },
    list: async () => [...registry.entries.values()].map((entry) => machineOf(entry, host)),
    watch: async ({ onEnd }, signal) => watch(registry, onEnd, signal),
    close: async () => {
      clearInterval(timer)
      await ticking
      await Promise.allSettled([...registry.entries.values()].map(async ({ ending }) => ending))
      closePods(registry)
      lock.release()
    },
  }
}

async function watch(registry: MachineRegistry, onEnd: OnEnd, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  registry.watchers.add(onEnd)
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  registry.watchers.delete(onEnd)
}

function closePods(registry: MachineRegistry): void {
  for (const { pod } of registry.entries.values()) pod?.close()
}
