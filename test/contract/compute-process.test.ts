import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProcessCompute } from '../../src/compute/process/process-compute.ts'
import type { Compute } from '../../src/provider/compute-port.ts'
import { quietLog } from '../support/quiet-log.ts'
import { describeComputeContract, type ComputeUnderTest } from './compute-contract.ts'
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
