// How does a machine get its port, once per lease, and how many more fit?
import { PaygressError } from '../../core/errors.ts'
import type { LeaseId } from '../../core/ids.ts'
import type { Compute, MachineAddress, MachineRequest } from '../../provider/compute-port.ts'
import type { MachineRegistry } from './machine-registry.ts'
import { endedError } from './machine-view.ts'
import { listenInRange } from './port-listener.ts'
import type { PortRange } from './port-listener.ts'

/** How many more machines fit; undefined without a limit. */
export function freeMachines(
  registry: MachineRegistry,
  range: PortRange | undefined,
  capacity: number | undefined,
): number | undefined {
  const live = [...registry.entries.values()].filter(({ record }) => record.state !== 'ended').length
  const limits = [capacity, range === undefined ? undefined : range.last - range.first + 1]
  const limit = Math.min(...limits.map((each) => each ?? Number.POSITIVE_INFINITY))
  return Number.isFinite(limit) ? Math.max(0, limit - live) : undefined
}

/** `reserve` of the port: concurrent calls for one lease get the same address. */
export function reserving(
  registry: MachineRegistry,
  host: string,
  range: PortRange | undefined,
  capacity: number | undefined,
): Compute['reserve'] {
  const pending = new Map<LeaseId, Promise<MachineAddress>>()

  async function reserve(request: MachineRequest): Promise<MachineAddress> {
    const listener = await listenInRange(host, range)
    try {
      const { leaseId, username, password, authorizedKey, hostPrivateKey } = request
      registry.add(
        {
          state: 'reserved',
          leaseId,
          port: listener.port,
          username,
          hostPrivateKey,
          ...(password === undefined ? {} : { password }),
          ...(authorizedKey === undefined ? {} : { authorizedKey }),
        },
        listener,
      )
    } catch (error) {
      listener.close()
      throw error
    }
    return { host, port: listener.port }
  }

  return async (request) => {
    const { leaseId } = request
    const known = registry.entries.get(leaseId)
    if (known?.record.state === 'ended') throw endedError(known)
    if (known !== undefined) return { host, port: known.record.port }
    const running = pending.get(leaseId)
    if (running !== undefined) return running
    if ((freeMachines(registry, undefined, capacity) ?? 1) - pending.size <= 0) {
      throw new PaygressError('busy', 'every machine is rented')
    }
    const reservation = reserve(request).finally(() => pending.delete(leaseId))
    pending.set(leaseId, reservation)
    return reservation
  }
}
