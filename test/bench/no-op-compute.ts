// Where do machines run that cost nothing? Nowhere: each is there as soon as it is asked for, so that the rest of a provider can be measured.
import type { LeaseId } from '../../src/core/ids.ts'
import type { Compute, Machine, RunningMachine } from '../../src/provider/compute-port.ts'

const ADDRESS = { host: '127.0.0.1', port: 22 }

/** Machines without a machine; one object is one place. */
export function noOpCompute(): Compute {
  const machines = new Map<LeaseId, RunningMachine>()
  const running = (leaseId: LeaseId): RunningMachine => {
    const machine = machines.get(leaseId)
    if (machine === undefined) throw new Error('there is no such machine')
    return machine
  }
  const machineOf = (leaseId: LeaseId, machine: RunningMachine): Machine => ({
    leaseId,
    state: 'running',
    machine,
  })
  return {
    check: async () => ({ ok: true, findings: [], clusterId: 'no-op' }),
    capacity: async () => new Map(),
    reserve: async () => ADDRESS,
    start: async (leaseId, allowanceSec) => {
      const startedAt = new Date()
      const expiresAt = new Date(startedAt.getTime() + allowanceSec * 1000)
      machines.set(leaseId, { ...ADDRESS, startedAt, expiresAt })
    },
    waitReady: async (leaseId) => running(leaseId),
    setEnd: async (leaseId, _operation, expiresAt) => {
      machines.set(leaseId, { ...running(leaseId), expiresAt })
      return { expiresAt }
    },
    end: async (leaseId) => {
      const machine = machines.get(leaseId)
      machines.delete(leaseId)
      return machine === undefined ? undefined : { startedAt: machine.startedAt, endedAt: new Date() }
    },
    describe: async (leaseId) => {
      const machine = machines.get(leaseId)
      return machine === undefined ? undefined : machineOf(leaseId, machine)
    },
    list: async () => [...machines].map(([leaseId, machine]) => machineOf(leaseId, machine)),
    watch: async (_handlers, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
    close: async () => undefined,
  }
}
