// Where do a provider's machines run? On the cluster, or as process pods of this daemon.
import { join } from 'node:path'
import { PaygressError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import type { Compute } from '../provider/compute-port.ts'
import type { ProviderConfig } from '../provider/provider-config.ts'
import { systemClock, systemRandom } from './system.ts'

/**
 * Connects to the place of the machines, where nothing is changed while `mayWrite` says no; `folder` holds process pods, which nobody else
 * can reach. Throws `config_invalid` and `busy`.
 */
export async function wireCompute(
  config: ProviderConfig,
  folder: string,
  log: Log,
  mayWrite: () => boolean = () => true,
): Promise<Compute> {
  const portRange = { first: config.portRange.start, last: config.portRange.end }
  if (config.backend === 'process') {
    const { startProcessCompute } = await import('../compute/process/process-compute.ts')
    return startProcessCompute({ dir: machinesFolder(folder), clock: systemClock, log, portRange })
  }
  if (config.kubernetes === undefined)
    throw new PaygressError('internal', 'there is no configuration of the cluster')
  const { startKubernetesCompute } = await import('../compute/kubernetes/kubernetes-compute.ts')
  return startKubernetesCompute({
    ...config.kubernetes,
    clock: systemClock,
    random: systemRandom,
    log,
    mayWrite,
    portRange,
  })
}

/** Where the process pods of a data folder are kept. */
export function machinesFolder(folder: string): string {
  return join(folder, 'machines')
}
