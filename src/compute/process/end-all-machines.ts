// How does a place of process pods end for good? With everything that still runs in its machines.
import { type ProcessComputeOptions, startProcessCompute } from './process-compute.ts'

/** Ends every machine of the folder: the processes of a live one outlast the daemon otherwise. Throws `busy` where one works on it. */
export async function endAllMachines(options: ProcessComputeOptions): Promise<void> {
  const compute = await startProcessCompute(options)
  try {
    for (const { leaseId } of await compute.list()) await compute.end(leaseId)
  } finally {
    await compute.close()
  }
}
