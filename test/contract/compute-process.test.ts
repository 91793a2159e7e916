import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startProcessCompute } from '../../src/compute/process/process-compute.ts'
import type { Compute } from '../../src/provider/compute-port.ts'
import { quietLog } from '../support/quiet-log.ts'
import { describeComputeContract, machineRequest, type ComputeUnderTest } from './compute-contract.ts'
import { describeReadinessContract } from './readiness-contract.ts'

async function make(): Promise<ComputeUnderTest> {
  const dir = mkdtempSync(join(tmpdir(), 'paygress-compute-'))
  const open = async (): Promise<Compute> => startProcessCompute({ dir, clock: Date, log: quietLog() })
  let compute = await open()
  return {
    compute,
    restart: async () => {
      await compute.close()
      compute = await open()
      return compute
    },
    dispose: async () => {
      for (const { leaseId } of await compute.list()) await compute.end(leaseId)
      await compute.close()
      rmSync(dir, { recursive: true })
    },
  }
}

describeComputeContract('process pods', make)
describeReadinessContract('process pods', false, make)

test('a machine whose port another SSH server took while no daemon was there is not said to answer', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'paygress-compute-'))
  const open = async (): Promise<Compute> => startProcessCompute({ dir, clock: Date, log: quietLog() })
  const before = await open()
  const request = machineRequest(1)
  const { host, port } = await before.reserve(request)
  await before.start(request.leaseId, 60)
  await before.close()
  const other = createServer((socket) => void socket.write('SSH-2.0-somebody\r\n')).listen(port, host)
  await once(other, 'listening')
  const after = await open()
  const ready = after.waitReady(request.leaseId, AbortSignal.timeout(10_000))
  await expect(ready).rejects.toMatchObject({ code: 'machine_failed' })
  await after.end(request.leaseId)
  await after.close()
  other.close()
  rmSync(dir, { recursive: true })
})
